package norikae.transfer;

import org.jspecify.annotations.Nullable;

/** No stream came about: certificates were not accepted, or the target refused the ticket. Nothing was sent. */
public final class TransferRefusedException extends TransferException {

    private final Refusal refusal;

    TransferRefusedException(Refusal refusal, String message, StreamPlace place, @Nullable Throwable cause) {
        super("transfer refused (" + refusal + "): " + message, place, cause);
        this.refusal = refusal;
    }

    /** Why. */
    public Refusal refusal() {
        return refusal;
    }

    /** Reasons for refusing a stream. */
    public enum Refusal {
        /** The target's {@link TicketCheck} said no. */
        TICKET,
        /** Another connection holds the ticket. */
        TICKET_IN_USE,
        /** One side's certificate is not of this cluster, or not a node's. */
        UNTRUSTED
    }
}
