package norikae.fencing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import norikae.failover.fencing.Fencer;
import norikae.failover.model.NodeId;

/**
 * How this node stops each other node, read from its {@code fencing.json}; immutable. Every node has a file of its own,
 * because what reaches a device from one node need not reach it from another.
 */
public final class FencingPlan {

    /** No node can be stopped. */
    public static final FencingPlan EMPTY = new FencingPlan(Map.of());

    private final Map<NodeId, Fencer> fencers;

    FencingPlan(Map<NodeId, Fencer> fencers) {
        this.fencers = Map.copyOf(fencers);
    }

    /**
     * Reads and checks a file; talks to no device.
     *
     * @throws IOException if it cannot be read, may be read by others although it holds a password, or is wrong; the
     *     message says where and what to do, and shows no password
     */
    public static FencingPlan load(Path file) throws IOException {
        return PlanReader.read(file);
    }

    /** What stops a node by its levels, in the order of the file; empty if the file does not name it. */
    public Optional<Fencer> fencerOf(NodeId node) {
        return Optional.ofNullable(fencers.get(node));
    }

    /** The nodes that the file names. */
    public Set<NodeId> nodes() {
        return fencers.keySet();
    }
}
