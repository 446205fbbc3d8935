package norikae.lab.bench.mirror;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import norikae.failover.model.ReplicationMode;
import norikae.lab.bench.Rows;
import norikae.lab.bench.Sample;
import norikae.lab.bench.Tables;
import norikae.lab.bench.mirror.QemuMirror.CopyMode;
import org.jspecify.annotations.Nullable;

/** What a replica costs each write: small random ones, one at a time and sixteen at a time. */
final class LatencyPart implements Part {

    private static final List<Integer> DEPTHS = List.of(1, 16);
    private static final long SEED = 4;

    /** A disk to be written, with who promises as much as it does among QEMU's. */
    private enum Disk {
        QEMU_ALONE("qemu-storage-daemon, no mirror", null),
        ALONE("Norikae, no replica", QEMU_ALONE),
        QEMU_BLOCKING("qemu-storage-daemon, write-blocking mirror", null),
        SYNC("Norikae, sync", QEMU_BLOCKING),
        SEMI_SYNC("Norikae, semi-sync", QEMU_BLOCKING),
        QEMU_BACKGROUND("qemu-storage-daemon, background mirror", null),
        ASYNC("Norikae, async", QEMU_BACKGROUND);

        private final String words;
        private final @Nullable Disk peer;

        Disk(String words, @Nullable Disk peer) {
            this.words = words;
            this.peer = peer;
        }
    }

    private record Key(Disk disk, int depth) {}

    private static final class Measured {
        private final Sample writesPerSecond = new Sample();
        private final Sample p50 = new Sample();
        private final Sample p99 = new Sample();
        private final Sample max = new Sample();
    }

    private final Scale scale;
    private final Map<Key, Measured> measured = new LinkedHashMap<>();

    LatencyPart(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public void measure(Hosts hosts, ReplicatedVolume volume) throws Exception {
        for (int round = 0; round < scale.latencyRounds(); round++) {
            for (Disk disk : Disk.values()) {
                // All of it is data before: what is measured is no growth of files.
                DataFile.makeDense(hosts.onSource(Hosts.DATA), scale.latencyBytes(), SEED);
                switch (disk) {
                    case QEMU_ALONE -> qemu(hosts, disk, null);
                    case QEMU_BLOCKING -> qemu(hosts, disk, CopyMode.WRITE_BLOCKING);
                    case QEMU_BACKGROUND -> qemu(hosts, disk, CopyMode.BACKGROUND);
                    case ALONE -> norikae(hosts, volume, disk, null);
                    case SYNC -> norikae(hosts, volume, disk, ReplicationMode.SYNC);
                    case SEMI_SYNC -> norikae(hosts, volume, disk, ReplicationMode.SEMI_SYNC);
                    case ASYNC -> norikae(hosts, volume, disk, ReplicationMode.ASYNC);
                }
            }
        }
    }

    private void norikae(Hosts hosts, ReplicatedVolume volume, Disk disk, @Nullable ReplicationMode mode)
            throws IOException {
        volume.createOfData(scale.latencyBytes());
        if (mode == null) {
            volume.open();
        } else {
            volume.open(volume.choice(mode));
        }
        write(hosts, disk, ReplicatedVolume.uri());
        volume.leave();
    }

    private void qemu(Hosts hosts, Disk disk, @Nullable CopyMode mode) throws IOException, InterruptedException {
        DataFile.makeEmpty(hosts.onTarget(Hosts.DATA), scale.latencyBytes());
        try (QemuNbd _ = QemuNbd.ofTarget(hosts);
                QemuMirror mirror = QemuMirror.start(hosts)) {
            if (mode != null) {
                mirror.mirror(mode);
            }
            write(hosts, disk, QemuMirror.uri());
            if (mode != null) {
                mirror.endMirror();
            }
        }
    }

    private void write(Hosts hosts, Disk disk, String uri) throws IOException {
        hosts.settle();
        for (int depth : DEPTHS) {
            Fio.Figures figures = Fio.write(hosts.source(), uri, depth, scale.latencyBytes(), scale.latencyTime());
            Measured measurement = measured.computeIfAbsent(new Key(disk, depth), _ -> new Measured());
            double p50 = figures.p50().toNanos() / 1e3;
            measurement.writesPerSecond.add(figures.writesPerSecond());
            measurement.p50.add(p50);
            measurement.p99.add(figures.p99().toNanos() / 1e3);
            measurement.max.add(figures.max().toNanos() / 1e6);
            System.err.printf(
                    "latency: %s, depth %d: %.0f writes/s, p50 %.0f us%n",
                    disk.words, depth, figures.writesPerSecond(), p50);
        }
    }

    @Override
    public void report(Tables tables) {
        Rows rows = tables.table(
                "4 KiB writes",
                "disk",
                "depth",
                "times",
                "writes/s",
                "p50 µs",
                "p99 µs",
                "max ms",
                "p50 / QEMU's of that kind");
        for (int depth : DEPTHS) {
            for (Disk disk : Disk.values()) {
                Measured measurement = measured.get(new Key(disk, depth));
                if (measurement == null) {
                    continue;
                }
                Measured peer = disk.peer == null ? null : measured.get(new Key(disk.peer, depth));
                Object ratio = peer == null ? "-" : measurement.p50.median() / peer.p50.median();
                rows.add(
                        disk.words,
                        (long) depth,
                        (long) measurement.p50.size(),
                        measurement.writesPerSecond.median(),
                        measurement.p50.median(),
                        measurement.p99.median(),
                        measurement.max.max(),
                        ratio);
            }
        }
    }
}
