package norikae.failover.model;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A resource agent of the OCF standard that starts, watches and stops a service; immutable.
 *
 * @param provider directory of the agent below {@code /usr/lib/ocf/resource.d}, such as {@code heartbeat}
 * @param type the agent, such as {@code redis}
 * @param parameters what the agent is told, without the prefix {@code OCF_RESKEY_}
 */
public record OcfResource(String provider, String type, SortedMap<String, String> parameters) {

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");
    private static final Pattern PARAMETER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,63}");
    private static final String CLASS = "ocf";

    public OcfResource {
        parameters = Collections.unmodifiableSortedMap(new TreeMap<>(parameters));
        requireWord("provider", provider);
        requireWord("type", type);
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            if (!PARAMETER.matcher(parameter.getKey()).matches()) {
                throw new IllegalArgumentException("parameter '" + parameter.getKey() + "' of resource agent " + type
                        + " has an invalid name: use letters, digits and underscores, no digit first");
            }
            if (parameter.getValue().indexOf('\0') >= 0) {
                throw new IllegalArgumentException("parameter '" + parameter.getKey() + "' of resource agent " + type
                        + " has a NUL character, which no variable can hold: remove it");
            }
        }
    }

    /** Reads {@code ocf:heartbeat:redis}. @throws IllegalArgumentException naming the text and what is expected */
    public static OcfResource parse(String name, Map<String, String> parameters) {
        String[] parts = name.split(":", -1);
        if (parts.length != 3 || !parts[0].equals(CLASS)) {
            throw new IllegalArgumentException(
                    "'" + name + "' names no resource agent: write ocf:PROVIDER:TYPE, such as ocf:heartbeat:redis");
        }
        return new OcfResource(parts[1], parts[2], new TreeMap<>(parameters));
    }

    /** Such as {@code ocf:heartbeat:redis}. */
    public String fullName() {
        return CLASS + ":" + provider + ":" + type;
    }

    private static void requireWord(String what, String word) {
        if (!WORD.matcher(word).matches()) {
            throw new IllegalArgumentException(
                    "'" + word + "' is no " + what
                            + " of a resource agent: use letters, digits and inner dots and hyphens, as in ocf:heartbeat:redis");
        }
    }
}
