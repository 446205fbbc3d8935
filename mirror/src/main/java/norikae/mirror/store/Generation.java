package norikae.mirror.store;

import java.util.UUID;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;

/**
 * A stretch of a volume's history that one primary wrote: it begins when a node becomes primary, and anew whenever that node
 * goes on writing without a replica that was with it until then. Two copies whose newest generations differ have seen
 * different writes; whether one only lacks what the other has, or each has its own, is told by who knows whose.
 */
public record Generation(UUID id, Epoch epoch, NodeId writer) {

    /** A new one. */
    public static Generation begin(Epoch epoch, NodeId writer) {
        return new Generation(UUID.randomUUID(), epoch, writer);
    }

    /** As one line of a record or a message; {@link #read} reads it back. */
    public String text() {
        return id + " " + epoch + " " + writer;
    }

    /** @throws IllegalArgumentException it is not one */
    public static Generation read(String text) {
        String[] words = text.split(" ", 4);
        if (words.length != 3) {
            throw new IllegalArgumentException("'" + text + "' is not a generation: UUID EPOCH NODE");
        }
        return new Generation(UUID.fromString(words[0]), new Epoch(Long.parseLong(words[1])), new NodeId(words[2]));
    }

    @Override
    public String toString() {
        return id + " (written by " + writer + " under epoch " + epoch + ")";
    }
}
