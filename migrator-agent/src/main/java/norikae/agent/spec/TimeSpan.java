package norikae.agent.spec;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as people write them. */
final class TimeSpan {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})\\s?(ms|s|m|h)");
    private static final Map<String, Long> MILLIS = Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);

    private TimeSpan() {}

    /**
     * Reads {@code 500ms}, {@code 10s}, {@code 5m} or {@code 1h}, in milliseconds.
     *
     * @throws IllegalArgumentException naming the text and what is expected
     */
    static int parse(String text, int minMillis, int maxMillis) {
        Matcher m = TEXT.matcher(text);
        if (!m.matches()) {
            String hint = text.matches("\\d{1,9}") ? text + "s or " + text + "ms" : "10s, 500ms or 5m";
            throw new IllegalArgumentException("'" + text + "' is not a length of time: write it like " + hint);
        }
        long millis = Long.parseLong(m.group(1)) * MILLIS.getOrDefault(m.group(2), 1L);
        if (millis < minMillis || millis > maxMillis) {
            throw new IllegalArgumentException("'" + text + "' is out of range: write a length of time from "
                    + format(minMillis) + " to " + format(maxMillis));
        }
        return (int) millis;
    }

    /** In the largest unit that leaves no rest. */
    static String format(int millis) {
        if (millis == 0) {
            return "0s";
        }
        for (String unit : new String[] {"h", "m", "s"}) {
            long length = MILLIS.getOrDefault(unit, 1L);
            if (millis % length == 0) {
                return millis / length + unit;
            }
        }
        return millis + "ms";
    }
}
