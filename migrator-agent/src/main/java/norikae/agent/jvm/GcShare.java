package norikae.agent.jvm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import norikae.linux.Procfs;

/**
 * How much processor time a JVM has used, and how much of it for collecting garbage, read from /proc: that costs the JVM
 * nothing, and works when it answers no question any more. Its collectors' threads are known by the names that HotSpot gives
 * them. The VM thread counts with them: Serial collects in it, Parallel and G1 in part, and else it does next to nothing.
 *
 * @param collectingTicks of the collector
 * @param allTicks of the whole process
 */
record GcShare(long collectingTicks, long allTicks) {

    /** As the kernel shows them, that is at most 15 characters. Of ZGC and Shenandoah: their prefixes. */
    private static final List<String> COLLECTORS =
            List.of("VM Thread", "GC Thread#", "G1 ", "ZDriver", "ZDirector", "ZWorker", "ZStat", "Shenandoah");

    private static final int UTIME = 11; // counted from the state, which follows the name
    private static final int STIME = 12;

    /** Of a process until now. @throws IOException if it is gone */
    static GcShare of(int pid) throws IOException {
        long collecting = 0;
        Path tasks = Path.of("/proc", Integer.toString(pid), "task");
        for (int task : Procfs.tasks(pid)) {
            try {
                String stat = read(tasks.resolve(task + "/stat"));
                if (collects(stat)) {
                    collecting += ticks(stat);
                }
            } catch (NoSuchFileException e) {
                // ended meanwhile: the process's own sum still has its time
            }
        }
        return new GcShare(collecting, ticks(read(Path.of("/proc", Integer.toString(pid), "stat"))));
    }

    GcShare since(GcShare before) {
        return new GcShare(collectingTicks - before.collectingTicks, allTicks - before.allTicks);
    }

    int percent() {
        return allTicks <= 0 ? 0 : (int) Math.min(100, collectingTicks * 100 / allTicks);
    }

    static boolean collects(String stat) {
        String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        return COLLECTORS.stream().anyMatch(name::startsWith);
    }

    private static long ticks(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
