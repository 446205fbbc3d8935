package norikae.fencing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import norikae.failover.fencing.Fencer;
import norikae.fencing.device.Deadline;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks devices at the same time, each on a thread of its own, and goes on without one that overstays. */
final class Together {

    private static final Logger LOG = LoggerFactory.getLogger(Together.class);

    /** Devices keep their own patience; this is for one that hangs where it cannot see the clock. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private Together() {}

    interface Question<T> {
        T ask(Fencer device) throws InterruptedException;
    }

    interface Failure<T> {
        T of(Fencer device, String why);
    }

    /** The answers, in the order of the devices. An interruption reaches every device that is still asked. */
    static <T> List<T> ask(List<Fencer> devices, Duration patience, Question<T> question, Failure<T> failure)
            throws InterruptedException {
        Deadline deadline = Deadline.after(patience.plus(GRACE));
        List<FutureTask<T>> tasks = new ArrayList<>();
        for (Fencer device : devices) {
            FutureTask<T> task = new FutureTask<>(() -> question.ask(device));
            tasks.add(task);
            Thread.ofVirtual().name("fence " + device.description()).start(task);
        }
        try {
            List<T> answers = new ArrayList<>();
            for (int i = 0; i < tasks.size(); i++) {
                answers.add(answer(devices.get(i), tasks.get(i), deadline, failure));
            }
            return answers;
        } finally {
            tasks.forEach(task -> task.cancel(true));
        }
    }

    private static <T> T answer(Fencer device, FutureTask<T> task, Deadline deadline, Failure<T> failure)
            throws InterruptedException {
        try {
            return task.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return failure.of(device, "hangs: no answer after " + deadline.patienceText());
        } catch (ExecutionException e) {
            // A device that throws breaks its promise; the next level must be tried all the same.
            LOG.error("device={} threw", device.description(), e.getCause());
            return failure.of(device, "failed: " + e.getCause());
        }
    }
}
