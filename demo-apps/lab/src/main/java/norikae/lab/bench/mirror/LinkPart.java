package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.ReplicationMode;
import norikae.lab.Distribution;
import norikae.lab.bench.Rows;
import norikae.lab.bench.Tables;
import norikae.mirror.primary.ReplicaSpec.Packing;

/**
 * What an asynchronous replica makes of a link that is narrower than the application's writes: what gets through, what waits,
 * and when the application has to.
 */
final class LinkPart implements Part {

    /** Where the curve goes, as a path below the project; if it is not named, nowhere. */
    private static final String PLOT = "NORIKAE_BENCH_PLOT";

    private static final int LINK_KILOBITS = 12_000;
    private static final long HISTORY_BYTES = 8L << 20;
    private static final long VOLUME_BYTES = 256L << 20;
    private static final double KILOBYTE = 1000;

    /**
     * What is written at each rate.
     *
     * @param packing the usual one, or what an operator chooses who knows that the link is narrow
     */
    private record Load(String words, Content content, Packing packing) {}

    private static final List<Load> LOADS = List.of(
            new Load("incompressible", Content.INCOMPRESSIBLE, Packing.WHEN_WAITING),
            new Load("database pages", Content.DATABASE_PAGES, Packing.WHEN_WAITING),
            new Load("database pages, always packed", Content.DATABASE_PAGES, Packing.ALWAYS));

    private record Point(Load load, int asked, double written, double sent, double history) {}

    private final Scale scale;
    private final List<Point> points = new ArrayList<>();

    LinkPart(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "link";
    }

    @Override
    public void measure(Hosts hosts, ReplicatedVolume volume) {
        for (Load load : LOADS) {
            for (int rate : scale.rates()) {
                points.add(measure(hosts, volume, load, rate));
            }
        }
    }

    private Point measure(Hosts hosts, ReplicatedVolume volume, Load load, int rate) {
        volume.createEmpty(VOLUME_BYTES);
        volume.open(volume.choice(ReplicationMode.ASYNC).with(load.packing()).withHistory(HISTORY_BYTES));
        hosts.shape(LINK_KILOBITS + "kbit");
        JsonNode told;
        try {
            told = volume.load(load.content(), (long) (rate * KILOBYTE), scale.rateRamp(), scale.rateTime());
        } finally {
            // What waits shall not be in the way of the next.
            hosts.shape("none");
        }
        volume.leave();
        double seconds = told.path("nanos").asLong() / 1e9;
        Point point = new Point(
                load,
                rate,
                told.path("written").asLong() / KILOBYTE / seconds,
                told.path("sent").asLong() / KILOBYTE / seconds,
                told.path("history").asLong() / KILOBYTE);
        System.err.printf(
                "link: %s, %d kB/s: written %.0f kB/s, sent %.0f kB/s, history %.0f kB%n",
                load.words(), rate, point.written(), point.sent(), point.history());
        return point;
    }

    @Override
    public void report(Tables tables) throws IOException {
        Rows rows = tables.table(
                "asynchronous over %d Mbit/s, history of %d MiB".formatted(LINK_KILOBITS / 1000, HISTORY_BYTES >> 20),
                "data",
                "asked kB/s",
                "written kB/s",
                "sent kB/s",
                "history at the end kB");
        points.forEach(point ->
                rows.add(point.load().words(), (long) point.asked(), point.written(), point.sent(), point.history()));
        String plot = System.getenv(PLOT);
        if (plot != null && !points.isEmpty()) {
            Path file = Distribution.ofThisProcess().root().resolve(plot);
            Files.writeString(file, plot());
            System.err.println("written: " + file);
        }
    }

    private String plot() {
        double link = LINK_KILOBITS / 8.0;
        Plot plot = new Plot("application writes, kB/s", "kB/s", "link, " + (int) link + " kB/s", link);
        for (Load load : LOADS) {
            List<Point> own =
                    points.stream().filter(point -> point.load().equals(load)).toList();
            plot.add(
                    load.words(),
                    own.stream().map(p -> new Plot.Spot(p.asked(), p.written())).toList(),
                    own.stream().map(p -> new Plot.Spot(p.asked(), p.sent())).toList());
        }
        return plot.svg();
    }
}
