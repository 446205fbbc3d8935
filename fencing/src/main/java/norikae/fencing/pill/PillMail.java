package norikae.fencing.pill;

import java.util.Optional;

/**
 * What lies in a mailbox; immutable.
 *
 * @param code sbd's number; {@link PillMessage} knows some
 * @param from the name that its writer gave
 */
public record PillMail(int code, String from) {

    /** What a server writes when it clears its mailbox for the first time after it has booted. */
    static final String FROM_BOOT = "norikae-boot";

    /** Empty if nobody knows this number. */
    public Optional<PillMessage> message() {
        return PillMessage.of(code);
    }

    boolean stopsTheServer() {
        return message().map(PillMessage::stopsTheServer).orElse(false);
    }

    boolean tellsOfABoot() {
        return code == PillMessage.CLEAR.code() && from.equals(FROM_BOOT);
    }

    @Override
    public String toString() {
        return message().map(PillMessage::word).orElse("message " + code) + (from.isEmpty() ? "" : " from " + from);
    }
}
