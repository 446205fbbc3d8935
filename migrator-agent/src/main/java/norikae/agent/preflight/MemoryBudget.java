package norikae.agent.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory a node can still give to a service that comes. */
final class MemoryBudget {

    /**
     * System property that caps what this node gives, in bytes: an operator's reserve, and how the laboratory makes a
     * node small.
     */
    private static final String CAP_PROPERTY = "norikae.memory.availableMax";

    private MemoryBudget() {}

    /** What the kernel can give without swapping (MemAvailable), at most the configured cap. */
    static long availableBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                String[] fields = line.split("\\s+");
                return Math.min(Long.parseLong(fields[1]) << 10, Long.getLong(CAP_PROPERTY, Long.MAX_VALUE));
            }
        }
        throw new IOException("/proc/meminfo has no MemAvailable: Linux 3.14 or later is needed");
    }
}
