package norikae.agent.move;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import norikae.agent.capsule.Capsule;
import norikae.agent.config.AtomicFile;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.linux.Cgroup;
import norikae.linux.FdKeeper;
import norikae.linux.MissingPages;
import norikae.linux.PageFile;
import norikae.transfer.memory.LazyFill;
import norikae.transfer.memory.PageStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Services here that do not have all of their memory yet. Such a service must not be dumped: what is missing would be missing
 * from the image. And it must not lose this agent's userfaultfds: the kernel would fill what is missing with zeros. So they,
 * and the pages, are kept by a process of their own as well, and an agent that comes back goes on where the last one was.
 *
 * <p>Thread-safe.
 */
public final class Fills {

    private static final Logger LOG = LoggerFactory.getLogger(Fills.class);
    private static final long GLANCE_MILLIS = 200;
    private static final String MISSING = "missing ";
    private static final String PAGES = "pages ";

    private final Path records;
    private final Cgroup keepers;
    private final Map<ServiceName, Fill> fills = new ConcurrentHashMap<>();

    private record Fill(
            LazyFill lazy, FdKeeper keeper, @Nullable Remainder remainder) {}

    /** Where the pages are that this node does not have yet. */
    private record Remainder(MoveId move, NodeId source) {}

    /**
     * @param records a directory that is empty after the node was started
     * @param keepers a group that outlives the agent
     */
    public Fills(Path records, Cgroup keepers) {
        this.records = records;
        this.keepers = keepers;
    }

    /** Prepares to fill a service that is about to be rebuilt here. */
    LazyFill prepare(ServiceName service, PageStore store) throws IOException {
        FdKeeper keeper = FdKeeper.start(keepers);
        Files.createDirectories(records);
        LazyFill lazy = new LazyFill(service.value(), store, keeping(keeper));
        enter(service, new Fill(lazy, keeper, null));
        return lazy;
    }

    private void enter(ServiceName service, Fill fill) throws IOException {
        Remainder rest = fill.remainder();
        AtomicFile.write(
                records.resolve(service.value()),
                fill.keeper().pid() + " " + fill.keeper().startTime()
                        + (rest == null ? "" : " " + rest.move() + " " + rest.source()) + "\n");
        fills.put(service, fill);
    }

    /** Some of the service's memory is still on the move's source. The result gets it, once it is run. */
    RemainderDrain drain(ServiceName service, MoveId move, NodeId source, MoveContext context) throws IOException {
        Fill fill = fills.get(service);
        if (fill == null) {
            throw new IOException("the fill of " + service + " has ended");
        }
        enter(service, new Fill(fill.lazy(), fill.keeper(), new Remainder(move, source)));
        return new RemainderDrain(
                context.peers(), move, source, fill.lazy(), context.settings().drainPatience());
    }

    /** Whether some of the service's memory is still on another node. */
    boolean drains(ServiceName service) {
        Fill fill = fills.get(service);
        return fill != null
                && fill.remainder() != null
                && !fill.lazy().promised().isEmpty();
    }

    /** Goes on with drains of an earlier life of this agent; call it after {@link #adopt}. */
    public void resumeDrains(MoveContext context) {
        fills.forEach((service, fill) -> {
            Remainder rest = fill.remainder();
            if (rest == null) {
                return;
            }
            RemainderDrain drain = new RemainderDrain(
                    context.peers(),
                    rest.move(),
                    rest.source(),
                    fill.lazy(),
                    context.settings().drainPatience());
            drain.release();
            Thread.ofPlatform().daemon().name("drain-" + service).start(() -> {
                try {
                    if (!drain.run()) {
                        Optional<Capsule> capsule = context.capsules().find(service);
                        if (capsule.isPresent()) {
                            new TargetCapsules(context).lose(capsule.get(), rest.move(), rest.source());
                        }
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        });
    }

    private static LazyFill.Keeper keeping(FdKeeper keeper) {
        return (process, origin, missing, pages) -> {
            keeper.keep(PAGES + process + " " + origin, pages.descriptor());
            keeper.keep(MISSING + process, missing.descriptor());
        };
    }

    /** The service runs: its fill goes on until nothing is missing, or it is dead. */
    void follow(ServiceName service, BooleanSupplier alive) {
        Fill fill = fills.get(service);
        if (fill == null) {
            return;
        }
        long begin = System.nanoTime();
        Thread.ofPlatform().daemon().name("fill-watch-" + service).start(() -> {
            try {
                while (!fill.lazy().awaitDrained(GLANCE_MILLIS, TimeUnit.MILLISECONDS) && alive.getAsBoolean()) {
                    // until one or the other
                }
                LOG.info(
                        "service={} memory filled={} MiB={} faults={} millis={}",
                        service,
                        fill.lazy().drained(),
                        fill.lazy().bytesAtStart() >> 20,
                        fill.lazy().faults(),
                        Duration.ofNanos(System.nanoTime() - begin).toMillis());
                forget(service);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Nothing is missing, or nobody misses it: the processes are whole or dead. Idempotent. */
    void forget(ServiceName service) {
        Fill fill = fills.remove(service);
        if (fill == null) {
            return;
        }
        try {
            // First: a record without a keeper says that memory was lost.
            Files.deleteIfExists(records.resolve(service.value()));
        } catch (IOException e) {
            LOG.warn("service={} the record of its fill stays behind: {}", service, e.getMessage());
        }
        fill.keeper().end(); // before we let go: as long as anybody holds them, faults must be answered
        fill.lazy().close();
    }

    /**
     * Goes on with what an earlier life of this agent was filling. Call it before anything of a service is touched.
     *
     * @return services whose missing memory is lost, because its keeper is gone as well: they must not run
     */
    public List<ServiceName> adopt() throws IOException {
        if (!Files.isDirectory(records)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(records)) {
            return files.map(file -> new ServiceName(file.getFileName().toString()))
                    .filter(service -> !adopt(service))
                    .toList();
        }
    }

    private boolean adopt(ServiceName service) {
        try {
            String[] words =
                    Files.readString(records.resolve(service.value())).strip().split(" ");
            FdKeeper keeper = FdKeeper.adopt(Integer.parseInt(words[0]), Long.parseLong(words[1]));
            LazyFill lazy = new LazyFill(service.value(), new PageStore(service.value(), 0), keeping(keeper));
            Map<String, PageFile> pages = new HashMap<>();
            Map<String, Long> origins = new HashMap<>();
            for (FdKeeper.Kept kept : keeper.kept()) {
                if (kept.label().startsWith(PAGES)) {
                    String[] ids = kept.label().substring(PAGES.length()).split(" ");
                    pages.put(ids[0], PageFile.of(kept.fd()));
                    origins.put(ids[0], Long.parseLong(ids[1]));
                } else {
                    String process = kept.label().substring(MISSING.length());
                    lazy.adopt(
                            Long.parseLong(process),
                            java.util.Objects.requireNonNull(origins.get(process)),
                            new MissingPages(kept.fd()),
                            java.util.Objects.requireNonNull(pages.remove(process)));
                }
            }
            Remainder rest = words.length < 4 ? null : new Remainder(new MoveId(words[2]), new NodeId(words[3]));
            fills.put(service, new Fill(lazy, keeper, rest));
            lazy.answer();
            lazy.fillAll();
            follow(service, () -> true); // a dead process is found out by filling it
            LOG.info("service={} its memory is filled further: MiB={}", service, lazy.bytesLeft() >> 20);
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.error("service={} its memory cannot be filled any further: {}", service, e.getMessage());
            try {
                Files.deleteIfExists(records.resolve(service.value()));
            } catch (IOException stays) {
                LOG.warn("service={} {}", service, stays.getMessage());
            }
            return false;
        }
    }

    /** How many bytes a service still misses; empty if none. */
    public Optional<Long> bytesLeft(ServiceName service) {
        return Optional.ofNullable(fills.get(service)).map(fill -> fill.lazy().bytesLeft());
    }

    /** Waits until the service misses nothing; false if the time is over before. */
    boolean await(ServiceName service, Duration patience) throws InterruptedException {
        Fill fill = fills.get(service);
        return fill == null || fill.lazy().awaitDrained(patience.toNanos(), TimeUnit.NANOSECONDS);
    }
}
