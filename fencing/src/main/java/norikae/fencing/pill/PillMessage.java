package norikae.fencing.pill;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What can lie in a mailbox, with the numbers of sbd. */
public enum PillMessage {
    CLEAR(0),
    /** Asks only whether it arrives: its reader clears it. */
    TEST(1),
    RESET(2),
    OFF(3),
    /** Asks an sbd daemon to end; a server of ours clears it and goes on. */
    EXIT(4),
    CRASHDUMP(5);

    private final int code;

    PillMessage(int code) {
        this.code = code;
    }

    static Optional<PillMessage> of(int code) {
        return Arrays.stream(values()).filter(message -> message.code == code).findFirst();
    }

    int code() {
        return code;
    }

    /** Whether its reader must stop its server. */
    public boolean stopsTheServer() {
        return this == RESET || this == OFF || this == CRASHDUMP;
    }

    /** sbd's word for it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
