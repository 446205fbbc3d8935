package norikae.agent.monitor;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import norikae.agent.capsule.Capsule;
import norikae.agent.monitor.MonitorRun.Timing;
import norikae.agent.ocf.OcfAgent;
import norikae.agent.ocf.OcfException;
import norikae.failover.model.Epoch;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.OcfResource;
import norikae.failover.model.Probe;
import norikae.failover.model.ServiceName;
import norikae.failover.monitor.MonitorStatus;
import norikae.failover.monitor.Sickness;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The monitors of one run of a service on this node. Thread-safe. */
final class ServiceWatch {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceWatch.class);
    private static final int ANSWER_MILLIS = 5_000; // beyond what a JVM is given to answer

    private final Capsule capsule;
    private final Epoch epoch;
    private final Predicate<ServiceName> busy;
    private final MonitorListener listener;
    private final AtomicBoolean telling = new AtomicBoolean();
    private List<MonitorRun> runs = List.of();
    private boolean stopped;
    private boolean held;

    ServiceWatch(Capsule capsule, Predicate<ServiceName> busy, MonitorListener listener) {
        this.capsule = capsule;
        this.epoch = capsule.epoch();
        this.busy = busy;
        this.listener = listener;
    }

    /** Asking a resource agent what it suggests takes a moment. */
    void start() {
        Thread.ofVirtual().name("monitors-" + capsule.service()).start(() -> {
            List<MonitorRun> made = capsule.spec().effectiveMonitors().stream()
                    .map(m -> new MonitorRun(capsule, m, timing(m), Monitors.nowMillis(), this::sick))
                    .toList();
            synchronized (this) {
                runs = stopped ? List.of() : made;
            }
        });
    }

    boolean isOf(Capsule other) {
        return capsule == other && epoch.equals(other.epoch());
    }

    void tick(long nowMillis) {
        List<MonitorRun> all = runs();
        if (all.isEmpty()) {
            return;
        }
        boolean holdNow = busy.test(capsule.service()) || frozen();
        boolean heldBefore;
        synchronized (this) {
            heldBefore = held;
            held = holdNow;
        }
        if (holdNow) {
            all.forEach(MonitorRun::suspend);
            return;
        }
        for (MonitorRun run : all) {
            if (heldBefore) {
                run.resume(nowMillis);
            }
            run.tick(nowMillis);
        }
    }

    void stop() {
        List<MonitorRun> all;
        synchronized (this) {
            stopped = true;
            all = runs;
        }
        all.forEach(MonitorRun::stop);
    }

    List<MonitorStatus> status() {
        return runs().stream().map(MonitorRun::status).toList();
    }

    private synchronized List<MonitorRun> runs() {
        return runs;
    }

    private boolean frozen() {
        try {
            return capsule.frozen();
        } catch (IOException e) {
            return true; // its groups go: somebody stops it
        }
    }

    /** Off the ticking thread, and once at a time. */
    private void sick(Sickness sickness) {
        if (!telling.compareAndSet(false, true)) {
            return;
        }
        Thread.ofVirtual().name("sick-" + capsule.service()).start(() -> {
            try {
                LOG.warn(
                        "service={} epoch={} wants {}: {}",
                        capsule.service(),
                        epoch,
                        sickness.reaction().word(),
                        sickness.reason());
                listener.wants(capsule.service(), epoch, sickness.reaction(), sickness.reason());
            } catch (RuntimeException e) {
                LOG.warn("service={} nobody reacted; told again after the next probe", capsule.service(), e);
            } finally {
                telling.set(false);
            }
        });
    }

    private Timing timing(MonitorSpec monitor) {
        int interval = MonitorSpec.INTERVAL_MILLIS_DEFAULT;
        int timeout = MonitorSpec.TIMEOUT_MILLIS_DEFAULT;
        OcfResource ocf = capsule.spec().ocf();
        if (monitor.probe() instanceof Probe.Ocf && ocf != null) {
            try {
                OcfAgent agent = OcfAgent.of(ocf);
                interval = agent.monitorIntervalMillis();
                timeout = agent.monitorTimeoutMillis();
            } catch (OcfException e) {
                LOG.warn("service={} watched with default times: {}", capsule.service(), e.getMessage());
            }
        } else if (monitor.probe() instanceof Probe.Jvm jvm) {
            timeout = jvm.safepointMillis() + ANSWER_MILLIS;
        }
        return new Timing(
                monitor.intervalMillis() == null ? interval : monitor.intervalMillis(),
                monitor.timeoutMillis() == null ? timeout : monitor.timeoutMillis());
    }
}
