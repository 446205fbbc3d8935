package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** The identity of one attempt to move one service. A retry is a new move with a new id. */
public record MoveId(@JsonValue String value) implements Comparable<MoveId> {

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public MoveId {
        Names.requireLabel("move id", value);
    }

    @Override
    public int compareTo(MoveId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
