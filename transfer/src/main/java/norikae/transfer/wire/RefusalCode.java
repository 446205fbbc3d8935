package norikae.transfer.wire;

import org.jspecify.annotations.Nullable;

/** Why a HELLO was refused, as coded on the wire. */
public enum RefusalCode {
    TICKET(1),
    TICKET_IN_USE(2);

    private final int code;

    RefusalCode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable RefusalCode ofCode(int code) {
        for (RefusalCode refusal : values()) {
            if (refusal.code == code) {
                return refusal;
            }
        }
        return null;
    }
}
