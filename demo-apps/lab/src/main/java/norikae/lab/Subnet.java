package norikae.lab;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The IPv4 network of a laboratory, always with a prefix of 24 bits.
 *
 * @param base its first three numbers, such as {@code 10.77.0}
 */
public record Subnet(String base) {

    public static final int PREFIX = 24;

    /** The host of the laboratory itself. */
    public static final int HOST_NUMBER = 1;

    private static final int SECOND_DISTANCE = 100;

    private static final Pattern FORM = Pattern.compile("(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})\\.0/24");

    /**
     * Reads {@code 10.77.0.0/24}.
     *
     * @throws LabException if the text is not such a network
     */
    public static Subnet parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || !numbersFit(matcher.group(1))) {
            throw new LabException("'" + text + "' is not a network of this kind: write it like 10.77.0.0/24");
        }
        return new Subnet(matcher.group(1));
    }

    private static boolean numbersFit(String base) {
        for (String number : base.split("\\.", -1)) {
            if (Integer.parseInt(number) > 255) {
                return false;
            }
        }
        return true;
    }

    /** The network of the second switch: 10.77.100.0/24 for 10.77.0.0/24. */
    public Subnet second() {
        int dot = base.lastIndexOf('.');
        int third = Integer.parseInt(base.substring(dot + 1));
        return new Subnet(base.substring(0, dot + 1) + (third + SECOND_DISTANCE) % 256);
    }

    /** The address of a host, such as {@code 10.77.0.11} for 11. */
    public String address(int number) {
        if (number < 1 || number > 254) {
            throw new LabException("host number " + number + " is not between 1 and 254");
        }
        return base + "." + number;
    }

    /** The address with its prefix, as {@code ip address add} wants it. */
    public String addressWithPrefix(int number) {
        return address(number) + "/" + PREFIX;
    }

    /** A MAC address that follows from the IPv4 address, so that a rebooted node has the one that its neighbours know. */
    String mac(int number) {
        StringBuilder mac = new StringBuilder("02:4d");
        for (String part : address(number).split("\\.", -1)) {
            mac.append(String.format(":%02x", Integer.parseInt(part)));
        }
        return mac.toString();
    }

    @Override
    public String toString() {
        return base + ".0/" + PREFIX;
    }
}
