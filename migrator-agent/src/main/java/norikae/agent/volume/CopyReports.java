package norikae.agent.volume;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import norikae.agent.failover.LogDesk;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.failover.model.VolumeName;
import norikae.mirror.primary.LossPort;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node, as a primary, tells the log of replicas. One report at a time, each with a higher number than the one before,
 * so that the log ends with what was said last: a replica that counts as whole while writes are acknowledged without it would be
 * promoted, and those writes lost. Thread-safe.
 */
final class CopyReports implements LossPort, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CopyReports.class);

    private record Key(VolumeName volume, Epoch epoch, NodeId node) {}

    private final LogDesk desk;
    private final ExecutorService one = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("volume-reports").daemon(true).factory());
    private final Map<Key, Long> numbers = new HashMap<>(); // confined to that thread
    private final Set<Key> telling = ConcurrentHashMap.newKeySet();

    CopyReports(LogDesk desk) {
        this.desk = desk;
    }

    /** Answers when the log has: writes that wait for the replica go on then, or the volume is fenced. */
    @Override
    public void replicaLost(VolumeName volume, Epoch epoch, NodeId replica, Consumer<Boolean> answer) {
        execute(() -> {
            Outcome outcome = report(new Key(volume, epoch, replica), VolumeCopy.Standing.BEHIND, "it was lost");
            LOG.warn("volume={} epoch={} goes on without {}: {}", volume, epoch, replica, outcome);
            answer.accept(outcome instanceof Outcome.Accepted);
        });
    }

    /**
     * Before this node opens a volume again under an epoch under which it wrote it before, as after a restart: it begins without
     * its replicas, and so none of them may count as whole until it has caught up once more.
     *
     * @return whether the log knows; if not, the volume must not be opened
     */
    boolean beginAlone(Volume volume) throws InterruptedException {
        for (Map.Entry<NodeId, VolumeCopy> copy : volume.copies().entrySet()) {
            boolean counts = !copy.getKey().equals(volume.primary())
                    && copy.getValue().standing() == VolumeCopy.Standing.IN_SYNC;
            if (counts && !behind(new Key(volume.name(), volume.epoch(), copy.getKey()))) {
                return false;
            }
        }
        return true;
    }

    private boolean behind(Key key) throws InterruptedException {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        execute(() -> {
            Outcome outcome = report(key, VolumeCopy.Standing.BEHIND, "its primary has begun anew");
            answer.complete(outcome instanceof Outcome.Accepted);
        });
        while (!one.isShutdown()) {
            try {
                return answer.get(100, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                LOG.debug("waiting for the log to note that {} is behind", key);
            } catch (ExecutionException e) {
                return false;
            }
        }
        return false;
    }

    /** Writes of a copy are discarded without asking. */
    void discarded(Volume volume, String text) {
        LOG.warn("volume={} epoch={} {}", volume.name(), volume.epoch(), text);
        execute(() -> {
            var unused = desk.insist(new Command.RecordEvent(
                    "volume-discarded",
                    volume.name().value(),
                    text,
                    Collections.emptySortedMap(),
                    System.currentTimeMillis()));
        });
    }

    /**
     * Tells that a copy is whole.
     *
     * @param still looked at when the report's turn has come: whether it has every write, at that moment
     * @param sent how many bytes that took
     */
    void caughtUp(VolumeName volume, Epoch epoch, NodeId replica, BooleanSupplier still, long sent) {
        Key key = new Key(volume, epoch, replica);
        if (!telling.add(key)) {
            return;
        }
        execute(() -> {
            try {
                if (still.getAsBoolean()) {
                    Outcome outcome = report(key, VolumeCopy.Standing.IN_SYNC, sent + " bytes were sent");
                    LOG.info("volume={} epoch={} has all its writes on {}: {}", volume, epoch, replica, outcome);
                }
            } finally {
                telling.remove(key);
            }
        });
    }

    private interface Task {
        void run() throws InterruptedException;
    }

    private void execute(Task task) {
        try {
            one.execute(() -> {
                try {
                    task.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // nobody is answered, and so nothing is acknowledged
                } catch (RuntimeException e) {
                    LOG.error("a replica was not told of", e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the agent ends; the log is not told");
        }
    }

    private Outcome report(Key key, VolumeCopy.Standing standing, String detail) throws InterruptedException {
        long number = numbers.containsKey(key) ? numbers.get(key) + 1 : newest(key) + 1;
        numbers.keySet()
                .removeIf(k -> k.volume().equals(key.volume()) && !k.epoch().equals(key.epoch()));
        numbers.put(key, number);
        return desk.insist(new Command.ReportCopy(
                key.volume(), key.epoch(), key.node(), standing, number, detail, System.currentTimeMillis()));
    }

    /** An agent before this one may have told of it, too. */
    private long newest(Key key) throws InterruptedException {
        ClusterState state = desk.insistOnReading();
        return state.volume(key.volume())
                .filter(v -> v.epoch().equals(key.epoch()))
                .flatMap(v -> Optional.ofNullable(v.copyOn(key.node())))
                .map(VolumeCopy::report)
                .orElse(0L);
    }

    @Override
    public void close() {
        one.shutdownNow();
    }
}
