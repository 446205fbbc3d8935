package norikae.failover.log.ratis;

import norikae.failover.model.NodeId;

/**
 * A voter and where it is reached.
 *
 * @param host IPv4 address or host name that its certificate carries
 */
public record Peer(NodeId id, String host, int port) {

    public Peer {
        if (host.isBlank() || host.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "host '" + host + "' of voter " + id + " is not valid: use an IPv4 address or a host name");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(
                    "raft port " + port + " of voter " + id + " is out of range: use 1 to 65535");
        }
    }

    @Override
    public String toString() {
        return id + " (" + host + ":" + port + ")";
    }
}
