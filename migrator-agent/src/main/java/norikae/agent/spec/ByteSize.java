package norikae.agent.spec;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write them. */
public final class ByteSize {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s?([KMGT]iB|B)");
    private static final Pattern DECIMAL_UNIT = Pattern.compile("(?i)(\\d+(?:\\.\\d+)?)\\s?([kmgt])i?b?");
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

    private ByteSize() {}

    /**
     * Reads {@code 512MiB}, {@code 1.5 GiB}, {@code 4096B}.
     *
     * @throws IllegalArgumentException naming the text and what is expected
     */
    public static long parse(String text) {
        Matcher m = TEXT.matcher(text);
        if (m.matches()) {
            BigDecimal bytes =
                    new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(1L << (10 * UNITS.indexOf(m.group(2)))));
            if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
                return bytes.longValue();
            }
            throw new IllegalArgumentException("'" + text + "' is larger than any computer");
        }
        Matcher near = DECIMAL_UNIT.matcher(text);
        String hint = near.matches() ? near.group(1) + near.group(2).toUpperCase(Locale.ROOT) + "iB" : "512MiB or 1GiB";
        throw new IllegalArgumentException(
                "'" + text + "' is not a size: write a number with KiB, MiB or GiB, such as " + hint);
    }

    /** Writes a size with at most three digits, such as {@code 61 MiB}. */
    public static String format(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < UNITS.size() - 1) {
            value /= 1024;
            unit++;
        }
        String digits = value >= 10 || unit == 0 ? "%.0f" : "%.1f";
        return digits.formatted(value) + " " + UNITS.get(unit);
    }
}
