package norikae.agent.jvm;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import norikae.linux.NoSuchProcessException;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.Procfs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The heaps of a service's JVMs, before it moves: what is dead or free in them need not travel.
 *
 * <p>Free memory goes in two ways. G1 and Shenandoah are made to give it back to the kernel, by a full collection ({@link
 * #collect}). Serial and Parallel would keep it; but they say where it is ({@link #unused}), and that costs no collection,
 * although one helps. ZGC does neither at once: it uncommits minutes later, so its heap travels as it is.
 *
 * <p>A JVM that does not answer is left as it is: all of this only makes moves smaller. Not thread-safe; interrupt the thread
 * to give up.
 */
public final class JvmHeaps {

    private static final Logger LOG = LoggerFactory.getLogger(JvmHeaps.class);

    /** Bytes of heap, living and dead, that a full collection certainly gets through in a second. */
    private static final long COLLECTED_PER_SECOND = 300L << 20;

    private static final double MIB = 1 << 20;
    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(2);
    private static final Duration UNCOMMIT_PATIENCE = Duration.ofSeconds(2);
    private static final long UNCOMMIT_GLANCE_MILLIS = 25;
    private static final int UNCOMMIT_QUIET = 4; // glances; G1 pauses between two pieces
    private static final long SHRUNK_BYTES = 1 << 20;

    private final List<HotSpot> jvms = new ArrayList<>();

    private JvmHeaps() {}

    /** Those of these processes that are JVMs and can be spoken to. */
    public static JvmHeaps of(List<Integer> pids, TrimPolicy policy) {
        JvmHeaps heaps = new JvmHeaps();
        if (policy != TrimPolicy.OFF) {
            for (int pid : pids) {
                try {
                    HotSpot.attach(pid).ifPresent(heaps.jvms::add);
                } catch (IOException e) {
                    LOG.info("pid={} its heap travels as it is: {}", pid, e.getMessage());
                }
            }
        }
        return heaps;
    }

    public boolean isEmpty() {
        return jvms.isEmpty();
    }

    /**
     * Collects garbage where policy and budget allow it, and waits until what it freed has gone back to the kernel.
     *
     * @param budget how long a JVM may stand still for it under {@link TrimPolicy#AUTO}
     * @return for people: what was done, and why not more
     */
    public String collect(TrimPolicy policy, Duration budget) {
        List<String> said = new ArrayList<>();
        for (HotSpot jvm : jvms) {
            try {
                said.add(collect(jvm, policy, budget));
            } catch (NoSuchProcessException e) {
                LOG.debug("pid={} ended meanwhile", jvm.pid());
            } catch (IOException e) {
                LOG.info("pid={} its heap travels as it is: {}", jvm.pid(), e.getMessage());
            }
        }
        return String.join("; ", said);
    }

    private static String collect(HotSpot jvm, TrimPolicy policy, Duration budget) throws IOException {
        HeapLayout heap = HeapLayout.parse(jvm.command("GC.heap_info"));
        String name = heap.collector().name().toLowerCase(Locale.ROOT);
        if (heap.collector() == HeapLayout.Collector.Z) {
            return "its ZGC gives memory back only minutes later, so all of its heap travels";
        }
        Duration expected = Duration.ofMillis(heap.usedBytes() * 1_000 / COLLECTED_PER_SECOND);
        if (policy == TrimPolicy.AUTO && (heap.usedBytes() == 0 || expected.compareTo(budget) > 0)) {
            return String.format(
                    Locale.ROOT,
                    "%s heap not collected: its %.0f MiB could take %d ms (--trim gc does it all the same)",
                    name,
                    heap.usedBytes() / MIB,
                    expected.toMillis());
        }
        long before = Procfs.residentBytes(jvm.pid());
        long begin = System.nanoTime();
        long took;
        if (heap.collector() == HeapLayout.Collector.G1) {
            took = shrink(jvm);
        } else {
            String _ = jvm.command("GC.run");
            took = System.nanoTime() - begin;
        }
        awaitUncommitted(jvm.pid());
        HeapLayout left = HeapLayout.parse(jvm.command("GC.heap_info"));
        return String.format(
                Locale.ROOT,
                "%s heap collected in %.0f ms: %.0f of %.0f MiB used, resident %.0f instead of %.0f MiB",
                name,
                took / 1e6,
                left.usedBytes() / MIB,
                heap.usedBytes() / MIB,
                Procfs.residentBytes(jvm.pid()) / MIB,
                before / MIB);
    }

    /** A full collection after which G1 keeps no free regions; its owner's settings hold again from then on. */
    private static long shrink(HotSpot jvm) throws IOException {
        Map<String, Long> settings = new LinkedHashMap<>();
        for (String name : List.of("MinHeapFreeRatio", "MaxHeapFreeRatio")) {
            settings.put(name, jvm.flag(name));
        }
        try {
            jvm.setFlag("MinHeapFreeRatio", 0);
            jvm.setFlag("MaxHeapFreeRatio", 1);
            long begin = System.nanoTime();
            String _ = jvm.command("GC.run");
            return System.nanoTime() - begin;
        } finally {
            // Widest first: HotSpot refuses a minimum above the maximum.
            jvm.setFlag("MaxHeapFreeRatio", settings.getOrDefault("MaxHeapFreeRatio", 70L));
            jvm.setFlag("MinHeapFreeRatio", settings.getOrDefault("MinHeapFreeRatio", 40L));
        }
    }

    /** The kernel gets its pages back piece by piece, beside the running service. */
    private static void awaitUncommitted(int pid) throws IOException {
        long deadline = System.nanoTime() + UNCOMMIT_PATIENCE.toNanos();
        long last = Procfs.residentBytes(pid);
        for (int quiet = 0; quiet < UNCOMMIT_QUIET && System.nanoTime() < deadline; ) {
            try {
                Thread.sleep(UNCOMMIT_GLANCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            long now = Procfs.residentBytes(pid);
            quiet = now < last - SHRUNK_BYTES ? 0 : quiet + 1;
            last = now;
        }
    }

    /**
     * Memory that holds nothing at this moment, by process.
     *
     * <p>A JVM writes to such a page before it reads it. So a caller that sees every write from a moment <i>before</i> this
     * call may let the page be zero elsewhere if nothing has been written to it.
     */
    public Map<Integer, List<Range>> unused() {
        Map<Integer, List<Range>> unused = new LinkedHashMap<>();
        for (HotSpot jvm : jvms) {
            FutureTask<HeapLayout> asking = new FutureTask<>(() -> HeapLayout.parse(jvm.command("GC.heap_info")));
            Thread.ofPlatform().daemon().name("heap-info-" + jvm.pid()).start(asking);
            try {
                HeapLayout heap = asking.get(ANSWER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                if (heap.unusedBytes() > 0) {
                    unused.put(jvm.pid(), heap.unused());
                }
            } catch (ExecutionException | TimeoutException e) {
                LOG.info("pid={} its free memory travels as well: {}", jvm.pid(), e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                asking.cancel(true);
            }
        }
        return unused;
    }
}
