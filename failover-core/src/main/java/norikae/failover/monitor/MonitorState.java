package norikae.failover.monitor;

import java.util.Optional;
import norikae.failover.model.MonitorSpec;
import org.jspecify.annotations.Nullable;

/**
 * The machine of one monitor of one run of a service:
 *
 * <pre>
 *              | due             | result           | tick past deadline | suspend   | resume  | stop
 *   WAITING    | PROBING if time | ignored          | –                  | SUSPENDED | –       | STOPPED
 *   PROBING    | –               | WAITING, counted | WAITING, a failure | SUSPENDED | –       | STOPPED
 *   SUSPENDED  | –               | ignored          | –                  | –         | WAITING | STOPPED
 *   STOPPED    | –               | ignored          | –                  | –         | –       | –
 * </pre>
 *
 * <ul>
 *   <li>Only the result of the probe that is under way counts. One that comes after its deadline, after a suspension, or after
 *       the service has been stopped or has moved away says nothing about the service as it is.
 *   <li>A success ends the streak of failures, and the start grace. Within the grace a failure is shown, not counted.
 *   <li>The failure after {@code retries} in a row means that the service is sick. So does each further one: whoever could
 *       not react is told again.
 *   <li>A move that freezes the service suspends its monitors. When they resume, failures of before are forgotten, and the
 *       next probe comes one interval later: the service has just stood still, by our own doing.
 * </ul>
 *
 * <p>Times are milliseconds of one clock that never goes back. Confined to its caller's lock.
 */
public final class MonitorState {

    /** What a monitor is about. */
    public enum Phase {
        WAITING,
        PROBING,
        /** Somebody else has his hands on the service. */
        SUSPENDED,
        /** For good: the service does not run here any more. */
        STOPPED
    }

    private static final ProbeResult NONE_YET = ProbeResult.healthy("not probed yet");

    private final MonitorSpec spec;
    private final int intervalMillis;
    private final int timeoutMillis;
    private final long graceEndMillis;
    private Phase phase = Phase.WAITING;
    private long nextProbeMillis;
    private @Nullable ProbeTicket underWay;
    private boolean everHealthy;
    private long probes;
    private long lastAtMillis;
    private ProbeResult last = NONE_YET;
    private int streak;

    /**
     * @param intervalMillis that of {@code spec} or, if it has none, what the probe's kind suggests; so with the time-out
     * @param startedAtMillis when the service started; the first probe is due at once
     */
    public MonitorState(MonitorSpec spec, int intervalMillis, int timeoutMillis, long startedAtMillis) {
        this.spec = spec;
        this.intervalMillis = intervalMillis;
        this.timeoutMillis = timeoutMillis;
        this.graceEndMillis = startedAtMillis + spec.startGraceMillis();
        this.nextProbeMillis = startedAtMillis;
    }

    public MonitorSpec spec() {
        return spec;
    }

    /** Leave to probe now; empty if it is not time, or if a probe is under way. */
    public Optional<ProbeTicket> due(long nowMillis) {
        if (phase != Phase.WAITING || nowMillis < nextProbeMillis) {
            return Optional.empty();
        }
        ProbeTicket ticket = new ProbeTicket(probes + 1, nowMillis + timeoutMillis);
        underWay = ticket;
        phase = Phase.PROBING;
        return Optional.of(ticket);
    }

    /** What the probe of {@code ticket} found; the sickness, if this makes it one. */
    public Optional<Sickness> result(ProbeTicket ticket, ProbeResult result, long nowMillis) {
        if (phase != Phase.PROBING || !ticket.equals(underWay)) {
            return Optional.empty();
        }
        return nowMillis > ticket.deadlineMillis() ? overdue(nowMillis) : count(result, nowMillis);
    }

    /** Time goes on: a probe whose deadline is past has failed. */
    public Optional<Sickness> tick(long nowMillis) {
        boolean late = underWay != null && nowMillis > underWay.deadlineMillis();
        return phase == Phase.PROBING && late ? overdue(nowMillis) : Optional.empty();
    }

    /** Nothing is decided until {@link #resume}. Idempotent. */
    public void suspend() {
        if (phase != Phase.STOPPED) {
            phase = Phase.SUSPENDED;
            underWay = null;
        }
    }

    /** Begins anew. Does nothing to a monitor that is not suspended. */
    public void resume(long nowMillis) {
        if (phase == Phase.SUSPENDED) {
            phase = Phase.WAITING;
            nextProbeMillis = nowMillis + intervalMillis;
            if (!last.healthy()) {
                streak = 0;
            }
        }
    }

    /** For good. Idempotent. */
    public void stop() {
        phase = Phase.STOPPED;
        underWay = null;
    }

    public MonitorStatus status() {
        return new MonitorStatus(spec.probe().inWords(), phase, spec.then(), probes, lastAtMillis, last, streak);
    }

    private Optional<Sickness> overdue(long nowMillis) {
        return count(ProbeResult.sick("no answer within " + timeoutMillis + " ms"), nowMillis);
    }

    private Optional<Sickness> count(ProbeResult result, long nowMillis) {
        boolean counts = result.healthy() || everHealthy || nowMillis >= graceEndMillis;
        boolean sameKind = last.healthy() == result.healthy();
        streak = counts ? (sameKind ? streak + 1 : 1) : 0;
        everHealthy |= result.healthy();
        last = result;
        lastAtMillis = nowMillis;
        probes++;
        underWay = null;
        phase = Phase.WAITING;
        nextProbeMillis = nowMillis + intervalMillis;
        if (result.healthy() || streak <= spec.retries()) {
            return Optional.empty();
        }
        return Optional.of(new Sickness(
                spec.then(),
                "monitor " + spec.probe().inWords() + " failed " + (streak == 1 ? "" : streak + " times in a row, ")
                        + "at last: " + result.text()));
    }
}
