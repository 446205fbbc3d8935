package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/** The name of a volume, unique in the cluster: a DNS label, because files and exports are named after it. */
public record VolumeName(@JsonValue String value) implements Comparable<VolumeName> {

    /** Room for prefixes in file names. */
    public static final int LENGTH_MAX = 40;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public VolumeName {
        if (!LABEL.matcher(value).matches()) {
            throw new IllegalArgumentException("volume name '" + value + "' is not a valid name: use 1 to " + LENGTH_MAX
                    + " lower-case letters, digits and inner hyphens");
        }
    }

    @Override
    public int compareTo(VolumeName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
