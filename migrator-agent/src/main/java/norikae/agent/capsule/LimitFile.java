package norikae.agent.capsule;

import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.Limits;

/**
 * One limit as the kernel takes it.
 *
 * @param controller of cgroups; v1 and v2 use the same names
 * @param unifiedFile its file in v2
 * @param legacyFile its file in v1
 */
record LimitFile(String controller, String unifiedFile, String unifiedValue, String legacyFile, String legacyValue) {

    /** v1 groups start with this period, too. */
    private static final long CPU_PERIOD_MICROS = 100_000;

    /** The kernel refuses less. */
    private static final long CPU_QUOTA_MICROS_MIN = 1_000;

    /** Controllers that limits can need. */
    static final List<String> CONTROLLERS = List.of("memory", "cpu", "pids");

    static List<LimitFile> of(Limits limits) {
        List<LimitFile> files = new ArrayList<>();
        Long memory = limits.memoryBytes();
        if (memory != null) {
            String bytes = Long.toString(memory);
            files.add(new LimitFile("memory", "memory.max", bytes, "memory.limit_in_bytes", bytes));
        }
        Double cpus = limits.cpus();
        if (cpus != null) {
            long quota = Math.max(CPU_QUOTA_MICROS_MIN, Math.round(cpus * CPU_PERIOD_MICROS));
            files.add(new LimitFile(
                    "cpu", "cpu.max", quota + " " + CPU_PERIOD_MICROS, "cpu.cfs_quota_us", Long.toString(quota)));
        }
        Integer processes = limits.processes();
        if (processes != null) {
            String tasks = Integer.toString(processes);
            files.add(new LimitFile("pids", "pids.max", tasks, "pids.max", tasks));
        }
        return files;
    }
}
