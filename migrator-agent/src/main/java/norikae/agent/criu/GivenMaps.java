package norikae.agent.criu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import norikae.linux.NoSuchProcessException;
import norikae.linux.Procfs;

/**
 * What a dumping CRIU wants of {@code /proc/PID/smaps}: the mappings, and the advice that was given for each. The kernel counts
 * every page of a process to make that file, which for large ones takes longer than all the rest of a dump; so the advice is
 * read while the tree runs, and only the mappings, which are cheap, when it stands still.
 *
 * <p>Advice that changes in between would be lost; {@link #verify} finds that out beside the dump. Confined to one thread at a
 * time.
 */
public final class GivenMaps {

    private static final String ADVICE = "VmFlags: ";

    /** What we do ourselves (userfaultfd), and what writing does; CRIU takes no notice of either. */
    private static final Set<String> OURS = Set.of("uw", "um", "ui", "sd");

    private final Map<Integer, Map<String, String>> advice = new HashMap<>(); // by PID, by mapping
    private final Map<Integer, Map<String, String>> given = new HashMap<>();

    /** Reads the advice of processes that run. */
    public void learn(List<Integer> pids) throws IOException {
        for (int pid : pids) {
            advice.put(pid, read(pid));
        }
    }

    /**
     * Writes what CRIU shall read of processes that stand still. A process with a mapping of which the advice is not known is
     * left to CRIU.
     */
    public void write(Path directory, List<Integer> pids) throws IOException {
        for (int pid : pids) {
            Map<String, String> known = advice.getOrDefault(pid, Map.of());
            List<String> lines = new ArrayList<>();
            Map<String, String> used = new HashMap<>();
            boolean complete = true;
            for (String mapping : lines(pid, "maps")) {
                String flags = known.get(mapping);
                complete &= flags != null;
                lines.add(mapping);
                lines.add(ADVICE + flags);
                used.put(mapping, String.valueOf(flags));
            }
            if (complete && !lines.isEmpty()) {
                Files.write(directory.resolve("maps-" + pid), lines);
                given.put(pid, used);
            }
        }
    }

    /** @throws IOException if advice has changed between {@link #learn} and {@link #write} */
    public void verify() throws IOException {
        for (Map.Entry<Integer, Map<String, String>> process : given.entrySet()) {
            Map<String, String> now = read(process.getKey());
            for (Map.Entry<String, String> mapping : process.getValue().entrySet()) {
                String flags = now.get(mapping.getKey());
                if (flags != null && !relevant(flags).equals(relevant(mapping.getValue()))) {
                    throw new IOException("process " + process.getKey() + " changed its advice for the mapping "
                            + mapping.getKey() + " from '" + mapping.getValue() + "' to '" + flags
                            + "' in the moment before it was stopped; move it again");
                }
            }
        }
    }

    private static Set<String> relevant(String flags) {
        return Stream.of(flags.strip().split(" +"))
                .filter(flag -> !OURS.contains(flag))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> read(int pid) throws IOException {
        Map<String, String> flags = new HashMap<>();
        String mapping = "";
        for (String line : lines(pid, "smaps")) {
            if (line.startsWith(ADVICE)) {
                flags.put(mapping, line.substring(ADVICE.length()));
            } else if (!Character.isUpperCase(line.charAt(0))) {
                mapping = line; // fields have capitals, addresses do not
            }
        }
        return flags;
    }

    private static List<String> lines(int pid, String file) throws IOException {
        try {
            return Procfs.lines(pid, file);
        } catch (NoSuchProcessException e) {
            return List.of();
        }
    }
}
