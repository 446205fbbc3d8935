package norikae.agent.criu;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A release of CRIU, such as 4.2.1. */
public record CriuVersion(int major, int minor, int sublevel) implements Comparable<CriuVersion> {

    /** Before it, CRIU does not start on kernels from 6.13 on, because of their vDSO. */
    public static final CriuVersion OLDEST_SUPPORTED = new CriuVersion(4, 1, 0);

    private static final CriuVersion WIDE_PAGE_SERVER_HEADER = new CriuVersion(4, 2, 0);

    private static final int NARROW_HEADER_BYTES = 24;
    private static final int WIDE_HEADER_BYTES = 32;

    private static final Pattern PRINTED = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");
    private static final Comparator<CriuVersion> ORDER = Comparator.comparingInt(CriuVersion::major)
            .thenComparingInt(CriuVersion::minor)
            .thenComparingInt(CriuVersion::sublevel);

    /**
     * Reads the first line of {@code criu --version}.
     *
     * @throws IllegalArgumentException if there is no version in it
     */
    public static CriuVersion parse(String line) {
        Matcher matcher = PRINTED.matcher(line);
        if (!line.startsWith("Version:") || !matcher.find()) {
            throw new IllegalArgumentException("expected 'Version: X.Y', got '" + line + "'");
        }
        int sublevel = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
        return new CriuVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), sublevel);
    }

    /** How long a message header of the page-server protocol is: it has no handshake, so one has to know. */
    public int pageServerHeaderBytes() {
        return compareTo(WIDE_PAGE_SERVER_HEADER) < 0 ? NARROW_HEADER_BYTES : WIDE_HEADER_BYTES;
    }

    @Override
    public int compareTo(CriuVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + (sublevel == 0 ? "" : "." + sublevel);
    }
}
