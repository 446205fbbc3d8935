package norikae.failover.model;

/** Words of refusals that several commands share. */
final class Refusals {

    private Refusals() {}

    static String unknownMove(MoveId id) {
        return "the log knows no move " + id;
    }

    static String witnessRunsNothing(NodeId id) {
        return "node " + id + " is a witness and runs no services: name another node";
    }

    static String busyWith(NodeId node, MoveRecord move) {
        return "node " + node + " takes part in move " + move.id() + " of service " + move.service()
                + ": wait for it to end";
    }

    static String alreadyMoving(MoveRecord move) {
        return "service " + move.service() + " is moving from " + move.from() + " to " + move.to() + " (move "
                + move.id() + ", " + move.phase() + "): wait for it to end";
    }
}
