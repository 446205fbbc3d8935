package norikae.transfer;

/** A {@link TicketCheck} will not take this image; the message is shown to the source. */
public final class TicketRefusedException extends Exception {

    public TicketRefusedException(String message) {
        super(message);
    }
}
