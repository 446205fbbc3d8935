package norikae.agent.monitor;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import norikae.agent.capsule.Capsule;
import norikae.failover.model.MonitorSpec;
import norikae.failover.monitor.MonitorState;
import norikae.failover.monitor.MonitorStatus;
import norikae.failover.monitor.ProbeResult;
import norikae.failover.monitor.ProbeTicket;
import norikae.failover.monitor.Sickness;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One monitor of one run of a service: its machine, its prober and the thread of the probe under way. Thread-safe. */
final class MonitorRun {

    private static final Logger LOG = LoggerFactory.getLogger(MonitorRun.class);

    private final Capsule capsule;
    private final MonitorState state;
    private final Prober prober;
    private final Consumer<Sickness> sick;
    private @Nullable Thread probing;
    private String told = "";

    MonitorRun(Capsule capsule, MonitorSpec spec, Timing timing, long nowMillis, Consumer<Sickness> sick) {
        this.capsule = capsule;
        this.state = new MonitorState(spec, timing.intervalMillis(), timing.timeoutMillis(), nowMillis);
        this.prober = Probers.of(spec.probe(), capsule, Duration.ofMillis(timing.timeoutMillis()));
        this.sick = sick;
    }

    /** How often, and how long at most. */
    record Timing(int intervalMillis, int timeoutMillis) {}

    void tick(long nowMillis) {
        Optional<Sickness> found;
        synchronized (this) {
            boolean was = state.status().phase() == MonitorState.Phase.PROBING;
            found = state.tick(nowMillis);
            if (was && state.status().phase() != MonitorState.Phase.PROBING) {
                interrupt();
                tell();
            }
            if (found.isEmpty()) {
                Optional<ProbeTicket> due = state.due(nowMillis);
                if (due.isPresent()) {
                    found = start(due.get(), nowMillis);
                }
            }
        }
        found.ifPresent(sick);
    }

    private Optional<Sickness> start(ProbeTicket ticket, long nowMillis) {
        if (probing != null && probing.isAlive()) {
            return state.result(ticket, ProbeResult.sick("the probe before still hangs"), nowMillis);
        }
        probing = Thread.ofVirtual()
                .name("probe-" + capsule.service() + "-" + state.spec().probe().inWords())
                .start(() -> probe(ticket));
        return Optional.empty();
    }

    private void probe(ProbeTicket ticket) {
        ProbeResult result;
        try {
            result = prober.probe();
        } catch (Exception e) {
            result = ProbeResult.sick(e.getMessage() == null ? e.toString() : e.getMessage());
        }
        Optional<Sickness> found;
        synchronized (this) {
            long before = state.status().probes();
            found = state.result(ticket, result, Monitors.nowMillis());
            if (state.status().probes() != before) {
                tell();
            }
        }
        found.ifPresent(sick);
    }

    /** One line when what it finds has changed. */
    private void tell() {
        MonitorStatus status = state.status();
        String text = status.last().text();
        if (!status.last().healthy() && !text.equals(told)) {
            LOG.warn("service={} monitor={} fails: {}", capsule.service(), status.monitor(), text);
        } else if (status.last().healthy() && status.streak() == 1) {
            LOG.info("service={} monitor={} is well: {}", capsule.service(), status.monitor(), text);
        }
        told = status.last().healthy() ? "" : text;
    }

    synchronized void suspend() {
        state.suspend();
        interrupt();
    }

    synchronized void resume(long nowMillis) {
        state.resume(nowMillis);
    }

    synchronized void stop() {
        state.stop();
        interrupt();
        prober.close();
    }

    synchronized MonitorStatus status() {
        return state.status();
    }

    private void interrupt() {
        if (probing != null) {
            probing.interrupt();
        }
    }
}
