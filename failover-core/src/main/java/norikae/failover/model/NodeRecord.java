package norikae.failover.model;

/**
 * A server of the cluster.
 *
 * @param address IPv4 address at which its three ports listen
 * @param witness a voter that runs no services
 */
public record NodeRecord(NodeId id, String address, int controlPort, int dataPort, int raftPort, boolean witness) {

    public NodeRecord {
        requirePort("control", controlPort);
        requirePort("data", dataPort);
        requirePort("raft", raftPort);
    }

    private static void requirePort(String name, int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(name + " port " + port + " is out of range: use 1 to 65535");
        }
    }
}
