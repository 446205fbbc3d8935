package norikae.failover.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server of the cluster.
 *
 * @param address IPv4 address at which its three ports listen, and to which heartbeats go
 * @param witness a voter that runs no services
 * @param paths further IPv4 addresses of its own, on networks that heartbeats take as well, in the same order on all nodes;
 *     {@code null} means none
 * @param mirror see {@link #mirrorPort}; {@code null} means {@value #MIRROR_PORT_DEFAULT}
 */
public record NodeRecord(
        NodeId id,
        String address,
        int controlPort,
        int dataPort,
        int raftPort,
        boolean witness,
        @Nullable List<String> paths,
        @Nullable Integer mirror) {

    public static final int MIRROR_PORT_DEFAULT = 7074;
    private static final int PATHS_MAX = 8;

    /** One on a single network. */
    public NodeRecord(NodeId id, String address, int controlPort, int dataPort, int raftPort, boolean witness) {
        this(id, address, controlPort, dataPort, raftPort, witness, null, null);
    }

    /** One whose mirror port is the usual one. */
    public NodeRecord(
            NodeId id,
            String address,
            int controlPort,
            int dataPort,
            int raftPort,
            boolean witness,
            @Nullable List<String> paths) {
        this(id, address, controlPort, dataPort, raftPort, witness, paths, null);
    }

    public NodeRecord {
        paths = paths == null || paths.isEmpty() ? null : List.copyOf(paths);
        if (paths != null && paths.size() > PATHS_MAX) {
            throw new IllegalArgumentException(
                    "node " + id + " has " + paths.size() + " further paths: at most " + PATHS_MAX + " are allowed");
        }
        requirePort("control", controlPort);
        requirePort("data", dataPort);
        requirePort("raft", raftPort);
        mirror = mirror == null || mirror == MIRROR_PORT_DEFAULT ? null : mirror;
        requirePort("mirror", mirror == null ? MIRROR_PORT_DEFAULT : mirror);
    }

    /** The port at which the copies of volumes that it holds are written by their primaries. */
    public int mirrorPort() {
        return mirror == null ? MIRROR_PORT_DEFAULT : mirror;
    }

    /** Every address to which heartbeats go, {@link #address} first. */
    public List<String> allAddresses() {
        List<String> all = new ArrayList<>(List.of(address));
        if (paths != null) {
            all.addAll(paths);
        }
        return all;
    }

    private static void requirePort(String name, int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(name + " port " + port + " is out of range: use 1 to 65535");
        }
    }
}
