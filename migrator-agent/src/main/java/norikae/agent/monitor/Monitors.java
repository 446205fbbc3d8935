package norikae.agent.monitor;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleManager;
import norikae.failover.model.ServiceName;
import norikae.failover.monitor.MonitorStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The monitors of all services that run on this node. It finds them by itself: one that is started, adopted or has moved in
 * is watched from then on; one that has ended, was stopped or has moved away is not. While somebody else has his hands on a
 * service, and while it is frozen, its monitors are suspended. Thread-safe.
 */
public final class Monitors implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Monitors.class);
    private static final long TICK_MILLIS = 50;

    private final CapsuleManager capsules;
    private final Predicate<ServiceName> busy;
    private final MonitorListener listener;
    private final Map<ServiceName, ServiceWatch> watches = new ConcurrentHashMap<>();
    private @Nullable Thread thread;

    /** @param busy whether a service is being started, stopped or moved just now */
    public Monitors(CapsuleManager capsules, Predicate<ServiceName> busy, MonitorListener listener) {
        this.capsules = capsules;
        this.busy = busy;
        this.listener = listener;
    }

    /** Begins; once. */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("the monitors have been started already");
        }
        thread = Thread.ofPlatform().daemon().name("monitors").start(this::run);
    }

    /** How the monitors of a service stand, {@code lastAtMillis} in wall-clock time; empty if it does not run here. */
    public List<MonitorStatus> status(ServiceName service) {
        ServiceWatch watch = watches.get(service);
        if (watch == null) {
            return List.of();
        }
        long offset = System.currentTimeMillis() - nowMillis();
        return watch.status().stream()
                .map(s -> s.probes() == 0 ? s : s.lastAt(s.lastAtMillis() + offset))
                .toList();
    }

    /** The services go on, unwatched. */
    @Override
    public synchronized void close() {
        if (thread != null) {
            thread.interrupt();
            try {
                thread.join(); // it waits for nobody
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        watches.values().forEach(ServiceWatch::stop);
        watches.clear();
    }

    static long nowMillis() {
        return System.nanoTime() / 1_000_000;
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    tick();
                } catch (RuntimeException e) {
                    LOG.error("monitors stumbled and go on", e);
                }
                Thread.sleep(TICK_MILLIS);
            }
        } catch (InterruptedException e) {
            LOG.debug("monitors end");
        }
    }

    private void tick() {
        List<Capsule> running = capsules.running();
        for (Capsule capsule : running) {
            ServiceWatch watch = watches.get(capsule.service());
            if (watch == null || !watch.isOf(capsule)) {
                if (watch != null) {
                    watch.stop();
                }
                watch = new ServiceWatch(capsule, busy, listener);
                watches.put(capsule.service(), watch);
                watch.start();
            }
        }
        long now = nowMillis();
        for (Iterator<ServiceWatch> all = watches.values().iterator(); all.hasNext(); ) {
            ServiceWatch watch = all.next();
            if (running.stream().anyMatch(watch::isOf)) {
                watch.tick(now);
            } else {
                watch.stop();
                all.remove();
            }
        }
    }
}
