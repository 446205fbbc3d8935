package norikae.lab.bench.mirror;

import java.util.ArrayList;
import java.util.List;
import norikae.lab.Distribution;
import norikae.lab.Lab;
import norikae.lab.bench.Benchmark;
import norikae.lab.bench.Tables;

/**
 * Volumes and their replicas: how long a full copy takes, what replicas cost each write, and what an asynchronous one makes of
 * a narrow link; beside them, on the same data, programs that copy and mirror disks.
 */
public final class MirrorBenchmark implements Benchmark {

    /** Instead of all parts, those that are named here, with commas between. */
    private static final String PARTS = "NORIKAE_BENCH_PARTS";

    /** For {@link java.util.ServiceLoader}. */
    public MirrorBenchmark() {}

    @Override
    public String name() {
        return "mirror";
    }

    @Override
    public String description() {
        return "full copies, latency of mirrored writes, an asynchronous replica over 12 Mbit/s; beside QEMU, nbdcopy, rsync";
    }

    @Override
    public int run(boolean quick) throws Exception {
        Scale scale = Scale.of(quick);
        List<Part> parts = chosen(new CopyPart(scale), new LatencyPart(scale), new LinkPart(scale));
        Tables tables = new Tables(name());
        try (AutoCloseable _ = Lab.endingWithThisProgram(Hosts.LAB)) {
            Lab.down(Hosts.LAB);
            Hosts hosts = Hosts.boot();
            try (ReplicatedVolume volume = new ReplicatedVolume(hosts)) {
                for (Part part : parts) {
                    part.measure(hosts, volume);
                }
            }
        } finally {
            // Also what was measured before a run was broken off.
            for (Part part : parts) {
                part.report(tables);
            }
            tables.print(System.out);
            System.err.println(
                    "written: " + tables.write(Distribution.ofThisProcess().root()));
        }
        return 0;
    }

    private static List<Part> chosen(Part... all) {
        String named = System.getenv(PARTS);
        if (named == null) {
            return List.of(all);
        }
        List<Part> chosen = new ArrayList<>();
        for (String name : named.split(",", -1)) {
            Part found = null;
            for (Part part : all) {
                found = part.name().equals(name) ? part : found;
            }
            if (found == null) {
                throw new IllegalArgumentException(
                        PARTS + " names '" + name + "'; the parts are copy, latency and link");
            }
            chosen.add(found);
        }
        return List.copyOf(chosen);
    }
}
