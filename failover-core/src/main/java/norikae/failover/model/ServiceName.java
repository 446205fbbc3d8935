package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** The name of a service, unique in the cluster: a DNS label, because files, cgroups and links are named after it. */
public record ServiceName(@JsonValue String value) implements Comparable<ServiceName> {

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public ServiceName {
        Names.requireLabel("service name", value);
    }

    @Override
    public int compareTo(ServiceName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
