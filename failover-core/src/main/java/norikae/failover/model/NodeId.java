package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** The name of a server in the cluster, as the operator types it: a DNS label. */
public record NodeId(@JsonValue String value) implements Comparable<NodeId> {

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public NodeId {
        Names.requireLabel("node name", value);
    }

    @Override
    public int compareTo(NodeId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
