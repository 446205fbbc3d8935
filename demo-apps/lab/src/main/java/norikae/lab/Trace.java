package norikae.lab;

/**
 * Something that exists and belongs to a laboratory, or to a capsule or a move on one of its nodes.
 *
 * @param node where; empty for this machine itself
 * @param name path, link, table or process, as its tool shows it
 */
public record Trace(String node, Kind kind, String name) {

    /** What it is. */
    public enum Kind {
        PROCESS,
        CRIU,
        CGROUP,
        LINK,
        NETWORK_NAMESPACE,
        MOUNT,
        NFT_TABLE,
        MOVE_DIRECTORY,
        DIRECTORY
    }

    @Override
    public String toString() {
        return (node.isEmpty() ? "this machine" : node) + ": " + kind + " " + name;
    }
}
