package norikae.transfer;

/**
 * The target could not take the image (its sink threw, or what came was malformed); {@link #reason} has the
 * target's own words.
 */
public final class TransferFailedException extends TransferException {

    private final String reason;

    TransferFailedException(String reason, StreamPlace place) {
        super("target failed: " + reason, place, null);
        this.reason = reason;
    }

    /** What the target said. */
    public String reason() {
        return reason;
    }
}
