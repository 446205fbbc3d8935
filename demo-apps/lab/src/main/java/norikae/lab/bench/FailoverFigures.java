package norikae.lab.bench;

/** How long the stages of repeated failovers took, in milliseconds. Confined to one thread. */
final class FailoverFigures {

    private final Sample detection = new Sample();
    private final Sample fencing = new Sample();
    private final Sample takeover = new Sample();
    private final Sample outage = new Sample();

    void add(long struckMillis, FailoverSubject.Stages stages, long outageMillis) {
        detection.add((double) (stages.detected() - struckMillis));
        fencing.add((double) (stages.fenced() - stages.detected()));
        takeover.add((double) (stages.started() - stages.fenced()));
        outage.add((double) outageMillis);
    }

    void addTo(Rows rows, String cluster, String fault) {
        rows.add(
                cluster,
                fault,
                (long) outage.size(),
                detection.median(),
                detection.percentile(99),
                fencing.median(),
                fencing.percentile(99),
                takeover.median(),
                takeover.percentile(99),
                outage.median(),
                outage.percentile(99),
                "-");
    }
}
