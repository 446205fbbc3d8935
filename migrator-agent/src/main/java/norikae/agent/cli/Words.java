package norikae.agent.cli;

import java.util.Locale;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.spec.ByteSize;

/** Figures as people read them. */
final class Words {

    private Words() {}

    /** {@code 240 ms}; below 10 with one decimal. */
    static String millis(double millis) {
        return figure(millis) + " ms";
    }

    /** Without the unit. */
    static String figure(double millis) {
        return String.format(Locale.ROOT, millis < 9.95 ? "%.1f" : "%.0f", millis);
    }

    /** {@code 61 MiB sent (33 MiB on the wire)}. */
    static String traffic(long memoryBytes, long wireBytes) {
        return ByteSize.format(memoryBytes) + " sent"
                + (wireBytes > 0 ? " (" + ByteSize.format(wireBytes) + " on the wire)" : "");
    }

    /** As it is written on the command line. */
    static String mode(MemoryMode mode) {
        return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String plural(int count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}
