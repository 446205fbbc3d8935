package norikae.failover.member;

import java.util.List;
import norikae.failover.model.NodeId;

/**
 * What a node tells all the others every few dozen milliseconds; immutable.
 *
 * @param boot the sender's present life
 * @param sentAtNanos the sender's own clock; means nothing to others, who send it back as a grant
 * @param leaseMillis the lease under which the sender runs services; 0 if none binds it
 * @param views what the sender knows of the others
 */
public record Beat(NodeId from, long boot, long sentAtNanos, int leaseMillis, List<View> views) {

    public Beat {
        views = List.copyOf(views);
    }

    /**
     * What a sender knows of one other node.
     *
     * @param boot of {@code of}, as the sender knows it
     * @param silent whether the sender has heard nothing for suspiciously long
     */
    public record View(NodeId of, long boot, boolean silent, Word word) {}

    /** A voter's word on the lease of a node. */
    public sealed interface Word {

        /** Nothing: the sender does not vote, or has not heard from the node, or knows too little yet. */
        record None() implements Word {}

        /** The node may run its services for one lease from its own time {@code sentAtNanos}. */
        record Granted(long sentAtNanos) implements Word {}

        /** Never again for this boot; the last grant was at least {@code ageMillis} ago. */
        record Refused(long ageMillis) implements Word {}
    }
}
