package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The right to run a service, as a number that only grows: who comes with a lower one is refused. It is the fencing
 * token of the whole house.
 */
public record Epoch(@JsonValue long value) implements Comparable<Epoch> {

    public static final Epoch FIRST = new Epoch(1);

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Epoch {
        if (value < 1) {
            throw new IllegalArgumentException("epoch " + value + " is not valid: epochs start at 1");
        }
    }

    public Epoch next() {
        return new Epoch(value + 1);
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
