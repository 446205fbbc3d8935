package norikae.transfer;

/**
 * What a source shows at the target's data port: which move, of which service, it sends the image for.
 *
 * @param moveId names the move; one connection at a time may hold it
 * @param service the service that is moved
 * @param epoch the epoch under which the move was planned, so that a late source is recognised
 * @param sourceNode the sending node
 */
public record MoveTicket(String moveId, String service, long epoch, String sourceNode) {

    private static final int LENGTH_MAX = 255;

    public MoveTicket {
        check("moveId", moveId);
        check("service", service);
        check("sourceNode", sourceNode);
        if (epoch < 0) {
            throw new IllegalArgumentException("ticket's epoch=" + epoch + " is negative");
        }
    }

    private static void check(String field, String value) {
        if (value.isEmpty() || value.length() > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "ticket's " + field + " has " + value.length() + " characters; expected 1 to " + LENGTH_MAX);
        }
    }
}
