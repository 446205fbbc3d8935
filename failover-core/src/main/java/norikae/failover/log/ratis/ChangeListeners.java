package norikae.failover.log.ratis;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the listeners on one thread of its own, so that a slow one never holds up the log. Changes that come while a
 * call is under way make one further call, not one each. Thread-safe.
 */
final class ChangeListeners implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ChangeListeners.class);

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean due = new AtomicBoolean();
    private final ExecutorService thread;

    ChangeListeners(String owner) {
        thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("log-listeners-" + owner).factory());
    }

    void add(Runnable listener) {
        listeners.add(listener);
    }

    void changed() {
        if (!due.compareAndSet(false, true)) {
            return;
        }
        try {
            thread.execute(this::callAll);
        } catch (RejectedExecutionException e) {
            LOG.debug("a change after the log was closed is told to nobody");
        }
    }

    private void callAll() {
        due.set(false); // before the calls: whatever changes from here on deserves another round
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.warn("a listener to the cluster's log failed", e);
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
