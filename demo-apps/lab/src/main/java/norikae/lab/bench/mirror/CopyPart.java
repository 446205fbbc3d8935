package norikae.lab.bench.mirror;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import norikae.lab.LabException;
import norikae.lab.bench.Rows;
import norikae.lab.bench.Sample;
import norikae.lab.bench.Tables;

/** How long each program takes to make a copy equal to its source, and what it sends for that. */
final class CopyPart implements Part {

    private static final long ORIGINAL = 1;
    private static final long CHANGED = 2;
    private static final long SPARSE = 3;
    private static final long WARM_BYTES = 16L << 20;
    private static final double MIB = 1 << 20;

    /** What source and target hold when the copy begins. */
    private enum Case {
        DENSE("all data, to an empty target"),
        SPARSE("90 % holes, to an empty target"),
        NEARLY_EQUAL("95 % equal on both sides"),
        KNOWN("5 % written while the replica was away");

        private final String words;

        Case(String words) {
            this.words = words;
        }
    }

    private static final class Measured {
        private final Sample seconds = new Sample();
        private final Sample sent = new Sample();
    }

    private final Scale scale;
    private final Map<Case, Map<String, Measured>> measured = new EnumMap<>(Case.class);

    CopyPart(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "copy";
    }

    @Override
    public void measure(Hosts hosts, ReplicatedVolume volume) throws Exception {
        NorikaeCopier ours = new NorikaeCopier(volume);
        List<Copier> all = List.of(ours, new NbdCopier(hosts), new QemuCopier(hosts), new RsyncCopier(hosts));
        warmUp(hosts, ours);
        for (int round = 0; round < scale.copyRounds(); round++) {
            Path data = hosts.onSource(Hosts.DATA);
            long bytes = scale.copyBytes();
            DataFile.makeDense(data, bytes, ORIGINAL);
            for (Copier copier : all) {
                copier.reset(bytes);
                measure(hosts, copier, Case.DENSE, () -> copier.copy(true));
                DataFile.change(data, bytes, CHANGED);
                measure(hosts, copier, Case.NEARLY_EQUAL, () -> copier.copy(false));
                DataFile.change(data, bytes, ORIGINAL);
            }
            // Ours alone keeps account of what a copy lacks; for the others this is the case before.
            ours.reset(bytes);
            ours.copy(true);
            measure(hosts, ours, Case.KNOWN, () -> ours.changeAndCopy(CHANGED));
            DataFile.makeSparse(data, bytes, SPARSE);
            for (Copier copier : all) {
                copier.reset(bytes);
                measure(hosts, copier, Case.SPARSE, () -> copier.copy(true));
            }
        }
    }

    /** Our programs have been up for long when they are needed; so their code is compiled before it is measured. */
    private static void warmUp(Hosts hosts, NorikaeCopier ours) throws IOException {
        Path data = hosts.onSource(Hosts.DATA);
        DataFile.makeDense(data, WARM_BYTES, ORIGINAL);
        ours.reset(WARM_BYTES);
        ours.copy(true);
        DataFile.change(data, WARM_BYTES, CHANGED);
        ours.copy(false);
    }

    /** A copy that is measured. */
    @FunctionalInterface
    private interface Copying {
        Duration run() throws IOException, InterruptedException;
    }

    private void measure(Hosts hosts, Copier copier, Case what, Copying copying)
            throws IOException, InterruptedException {
        hosts.settle();
        long before = hosts.sentBytes();
        Duration took = copying.run();
        double sent = hosts.sentBytes() - before;
        if (Files.mismatch(hosts.onSource(Hosts.DATA), copier.copied()) >= 0) {
            throw new LabException(copier.name() + " did not make a copy: " + what.words);
        }
        double seconds = took.toNanos() / 1e9;
        Measured measurement = measured.computeIfAbsent(what, _ -> new LinkedHashMap<>())
                .computeIfAbsent(copier.name(), _ -> new Measured());
        measurement.seconds.add(seconds);
        measurement.sent.add(sent);
        System.err.printf("copy: %s, %s: %.2f s, %.1f MiB sent%n", what.words, copier.name(), seconds, sent / MIB);
    }

    @Override
    public void report(Tables tables) {
        Rows rows = tables.table(
                "full copy", "data", "by", "times", "seconds, median", "max", "MiB/s", "sent MiB", "ours / theirs");
        measured.forEach((what, by) -> by.forEach((name, measurement) -> {
            double seconds = measurement.seconds.median();
            Measured ours = by.get(NorikaeCopier.NAME);
            Object ratio = ours == null || ours == measurement ? "-" : ours.seconds.median() / seconds;
            rows.add(
                    what.words,
                    name,
                    (long) measurement.seconds.size(),
                    seconds,
                    measurement.seconds.max(),
                    scale.copyBytes() / MIB / seconds,
                    measurement.sent.median() / MIB,
                    ratio);
        }));
    }
}
