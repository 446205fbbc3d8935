package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** What this machine's processors can do, in the kernel's words. */
public record CpuFeatures(String model, SortedSet<String> flags) {

    public CpuFeatures {
        flags = Collections.unmodifiableSortedSet(new TreeSet<>(flags));
    }

    /** Reads /proc/cpuinfo. */
    public static CpuFeatures ofThisMachine() throws IOException {
        String model = "unknown";
        SortedSet<String> flags = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String key = line.substring(0, colon).strip();
            String value = line.substring(colon + 1).strip();
            if (key.equals("model name")) {
                model = value;
            } else if (key.equals("flags") || key.equals("Features")) {
                flags.addAll(Arrays.asList(value.split(" ")));
                break; // all processors of a machine have the same
            }
        }
        return new CpuFeatures(model, flags);
    }
}
