package norikae.agent.jvm;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import norikae.failover.model.Probe;
import norikae.linux.Procfs;
import org.jspecify.annotations.Nullable;

/**
 * Whether a service's JVMs are in good health, seen from outside: nothing is loaded into them, and their application notices
 * nothing but one safepoint for each look.
 *
 * <ul>
 *   <li><em>Deadlock</em>: HotSpot finds threads that wait for each other for ever when it prints all threads.
 *   <li><em>Safepoint</em>: the same question is answered at a safepoint. A JVM that cannot reach one, that is stopped, or whose
 *       attach listener hangs, does not answer.
 *   <li><em>GC thrash</em>: the collector's share of the processor time since the last look ({@link GcShare}). Performance
 *       counters would need a file that is turned off to make the JVM movable, or an answer of a JVM that may give none.
 * </ul>
 *
 * <p>A question that is never answered keeps a thread; so a JVM is not asked again before that has returned. Confined to one
 * thread at a time.
 */
public final class JvmHealth implements AutoCloseable {

    /** A JVM that hardly runs may spend all of it collecting, and nobody suffers. */
    private static final int BUSY_TICKS_PER_SECOND_MIN = 20; // of 100: a fifth of a processor

    private static final Duration MIN_WINDOW = Duration.ofMillis(500);

    private final Map<Integer, Look> looks = new HashMap<>();
    private final Map<Integer, FutureTask<Optional<String>>> asking = new HashMap<>();

    /** @param startTime tells the process from a later one of the same number */
    private record Look(long startTime, long atNanos, GcShare share) {}

    /**
     * Looks at each of these processes that is a JVM.
     *
     * @return what is wrong, one line; empty if all is well
     */
    public Optional<String> sickness(List<Integer> pids, Probe.Jvm wanted) throws InterruptedException {
        List<String> problems = new ArrayList<>();
        boolean any = false;
        looks.keySet().retainAll(pids);
        for (int pid : pids) {
            try {
                if (HotSpot.isJvm(pid)) {
                    any = true;
                    thrash(pid, wanted.gcThrashPercent()).ifPresent(problems::add);
                    if (wanted.deadlock() || wanted.safepointMillis() > 0) {
                        question(pid, wanted).ifPresent(problems::add);
                    }
                }
            } catch (IOException e) {
                if (Procfs.exists(pid)) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        }
        if (!any) {
            problems.add("the service has no process that is a HotSpot JVM");
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
    }

    private Optional<String> thrash(int pid, int percentMax) throws IOException {
        if (percentMax == 0) {
            return Optional.empty();
        }
        Look now = new Look(Procfs.startTime(pid), System.nanoTime(), GcShare.of(pid));
        Look before = looks.put(pid, now);
        if (before == null || before.startTime() != now.startTime()) {
            return Optional.empty();
        }
        long nanos = now.atNanos() - before.atNanos();
        if (nanos < MIN_WINDOW.toNanos()) {
            looks.put(pid, before); // too short to tell
            return Optional.empty();
        }
        GcShare share = now.share().since(before.share());
        boolean busy = share.allTicks() * 1e9 / nanos >= BUSY_TICKS_PER_SECOND_MIN;
        if (!busy || share.percent() < percentMax) {
            return Optional.empty();
        }
        return Optional.of("the JVM pid=" + pid + " spent " + share.percent()
                + " % of its processor time collecting garbage in the last " + nanos / 1_000_000 + " ms");
    }

    private Optional<String> question(int pid, Probe.Jvm wanted) throws IOException, InterruptedException {
        FutureTask<Optional<String>> earlier = asking.get(pid);
        if (earlier != null && !earlier.isDone()) {
            return Optional.of("the JVM pid=" + pid + " still owes an answer to the question before");
        }
        FutureTask<Optional<String>> task = new FutureTask<>(() -> deadlock(pid));
        asking.put(pid, task);
        Thread thread = Thread.ofPlatform().daemon().name("jvm-health-" + pid).start(task);
        try {
            Optional<String> deadlock = wanted.safepointMillis() == 0
                    ? task.get()
                    : task.get(wanted.safepointMillis(), TimeUnit.MILLISECONDS);
            return wanted.deadlock() ? deadlock : Optional.empty();
        } catch (TimeoutException e) {
            thread.interrupt(); // and the task stays undone until its thread has let go
            return Optional.of("the JVM pid=" + pid + " has not come to a safepoint and answered within "
                    + wanted.safepointMillis() + " ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        } finally {
            asking.values().removeIf(FutureTask::isDone);
        }
    }

    private static Optional<String> deadlock(int pid) throws IOException {
        Optional<HotSpot> jvm = HotSpot.attach(pid);
        if (jvm.isEmpty()) {
            throw new IOException("the JVM pid=" + pid + " cannot be attached to (yet)");
        }
        return Optional.ofNullable(deadlock(jvm.get().threads())).map(names -> "the JVM pid=" + pid + " has " + names);
    }

    /** The first deadlock in HotSpot's print of all threads, in words; {@code null} if there is none. */
    static @Nullable String deadlock(String threads) {
        int found = threads.indexOf("\nFound one Java-level deadlock:");
        if (found < 0) {
            return null;
        }
        int stacks = threads.indexOf("\nJava stack information", found);
        List<String> names = threads.substring(found, stacks < 0 ? threads.length() : stacks)
                .lines()
                .filter(line -> line.startsWith("\"") && line.endsWith("\":"))
                .map(line -> line.substring(0, line.length() - 1))
                .toList();
        return "a deadlock of its threads " + String.join(", ", names);
    }

    /** Gives up questions that are under way. */
    @Override
    public void close() {
        asking.values().forEach(task -> task.cancel(true));
    }
}
