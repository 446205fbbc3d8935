package norikae.failover.model;

import java.util.regex.Pattern;

/** The one rule for names: what DNS, cgroups, network namespaces and file names all accept. */
final class Names {

    static final int LENGTH_MAX = 40; // room for prefixes in file and cgroup names

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");

    private Names() {}

    static void requireLabel(String what, String value) {
        if (!LABEL.matcher(value).matches()) {
            throw new IllegalArgumentException(what + " '" + value + "' is not a valid name: use 1 to " + LENGTH_MAX
                    + " lower-case letters, digits and inner hyphens");
        }
    }
}
