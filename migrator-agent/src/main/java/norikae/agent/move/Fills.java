package norikae.agent.move;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import norikae.failover.model.MoveId;
import norikae.failover.model.ServiceName;
import norikae.transfer.memory.LazyFill;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Services that run here and do not have all of their memory yet. Such a service must not be dumped: what is missing would be
 * missing from the image. Thread-safe.
 */
public final class Fills {

    private static final Logger LOG = LoggerFactory.getLogger(Fills.class);
    private static final long GLANCE_MILLIS = 200;

    private final Map<ServiceName, LazyFill> running = new ConcurrentHashMap<>();

    /** The service runs, and {@code fill} goes on until nothing is missing or the service is dead. */
    void follow(ServiceName service, MoveId id, LazyFill fill, BooleanSupplier alive) {
        running.put(service, fill);
        long begin = System.nanoTime();
        Thread.ofPlatform().daemon().name("fill-watch-" + service).start(() -> {
            try {
                while (!fill.awaitDrained(GLANCE_MILLIS, TimeUnit.MILLISECONDS) && alive.getAsBoolean()) {
                    // until one or the other
                }
                LOG.info(
                        "move={} service={} memory filled={} MiB={} faults={} millis={}",
                        id,
                        service,
                        fill.drained(),
                        fill.bytesAtStart() >> 20,
                        fill.faults(),
                        Duration.ofNanos(System.nanoTime() - begin).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                running.remove(service, fill);
                fill.close();
            }
        });
    }

    /** How many bytes a service still misses; empty if none. */
    public Optional<Long> bytesLeft(ServiceName service) {
        return Optional.ofNullable(running.get(service)).map(LazyFill::bytesLeft);
    }

    /** Waits until the service misses nothing; false if the time is over before. */
    boolean await(ServiceName service, Duration patience) throws InterruptedException {
        LazyFill fill = running.get(service);
        return fill == null || fill.awaitDrained(patience.toNanos(), TimeUnit.NANOSECONDS);
    }
}
