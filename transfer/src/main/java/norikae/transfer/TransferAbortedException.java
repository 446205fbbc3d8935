package norikae.transfer;

/** The source gave the stream up on purpose. */
public final class TransferAbortedException extends TransferException {

    private final String reason;

    TransferAbortedException(String reason, StreamPlace place) {
        super("transfer aborted by the source: " + reason, place, null);
        this.reason = reason;
    }

    /** What the source said. */
    public String reason() {
        return reason;
    }
}
