package norikae.agent.failover;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import norikae.agent.config.AtomicFile;

/**
 * The number of this life of the node. A life begins when no process of an earlier one can be left: after a start of the
 * machine, or after all services were killed because the cluster had given the node up. Numbers rise, also over a clock that
 * was set back.
 *
 * <p>A file on a tmpfs tells whether the life has begun already, so that an agent that restarts goes on with it; one on the
 * disk keeps the number for the next life to be higher. Thread-safe, as long as one thread at a time begins a life.
 */
final class BootNumber {

    private final Path present;
    private final Path last;
    private final boolean begun;
    private final boolean knownBefore;
    private volatile long number;

    private BootNumber(Path present, Path last, boolean begun, boolean knownBefore, long number) {
        this.present = present;
        this.last = last;
        this.begun = begun;
        this.knownBefore = knownBefore;
        this.number = number;
    }

    /**
     * Reads the number of the present life, or begins one.
     *
     * @param present file that does not survive a restart of the machine
     * @param last file that does
     */
    static BootNumber load(Path present, Path last) throws IOException {
        long before = Files.exists(last) ? read(last) : 0;
        if (Files.exists(present)) {
            long number = read(present);
            return new BootNumber(present, last, true, true, Math.max(number, before));
        }
        BootNumber boot = new BootNumber(present, last, false, before != 0, before);
        boot.next();
        return boot;
    }

    /** Whether an earlier agent had begun this life, or one since the machine was started. */
    boolean begun() {
        return begun;
    }

    long number() {
        return number;
    }

    /**
     * Whether services that are found running must be killed: this life has just begun, and the log may know one before it
     * in which they ran.
     */
    boolean leavesNothing() {
        return !begun && knownBefore;
    }

    /** Begins another life; durable when it returns. */
    void next() throws IOException {
        number = Math.max(number + 1, System.currentTimeMillis());
        // The disk first: a life that nobody remembers could be begun twice.
        AtomicFile.write(last, number + "\n");
        AtomicFile.write(present, number + "\n");
    }

    private static long read(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        if (!text.matches("[1-9][0-9]{0,17}")) {
            throw new IOException(file + " holds '" + text.substring(0, Math.min(40, text.length()))
                    + "' instead of the number of this node's life: make sure that no service of this node runs, then"
                    + " remove the file");
        }
        return Long.parseLong(text);
    }
}
