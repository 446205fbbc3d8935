package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The floating IPv4 address of a service with its prefix length, such as {@code 10.77.0.50/24}. It goes wherever the
 * service goes; clients never learn another one.
 *
 * @param ip dotted quad
 * @param prefixLength 8 to 30
 */
public record ServiceAddress(String ip, int prefixLength) {

    private static final Pattern TEXT =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");
    private static final int PREFIX_DEFAULT = 24;

    public ServiceAddress {
        Matcher m = TEXT.matcher(ip);
        if (!m.matches() || m.group(5) != null || !octetsInRange(m)) {
            throw new IllegalArgumentException(
                    "address '" + ip + "' is not an IPv4 address: write it like 10.77.0.50/24");
        }
        if (prefixLength < 8 || prefixLength > 30) {
            throw new IllegalArgumentException(
                    "prefix length " + prefixLength + " of address " + ip + " is out of range: use 8 to 30");
        }
    }

    /** Reads {@code a.b.c.d} or {@code a.b.c.d/prefix}; without a prefix it is 24. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static ServiceAddress parse(String text) {
        Matcher m = TEXT.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "address '" + text + "' is not an IPv4 address: write it like 10.77.0.50/24");
        }
        int slash = text.indexOf('/');
        String ip = slash < 0 ? text : text.substring(0, slash);
        return new ServiceAddress(ip, m.group(5) == null ? PREFIX_DEFAULT : Integer.parseInt(m.group(5)));
    }

    private static boolean octetsInRange(Matcher m) {
        for (int i = 1; i <= 4; i++) {
            if (Integer.parseInt(m.group(i)) > 255) {
                return false;
            }
        }
        return true;
    }

    @JsonValue
    @Override
    public String toString() {
        return ip + "/" + prefixLength;
    }
}
