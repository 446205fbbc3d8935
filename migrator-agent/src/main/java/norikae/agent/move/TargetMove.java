package norikae.agent.move;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import norikae.agent.api.v1.TargetUpdate;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.EmptyCapsule;
import norikae.agent.criu.CriuImageWriter;
import norikae.agent.criu.CriuRestore;
import norikae.agent.criu.HeldRestore;
import norikae.failover.fault.FaultPoint;
import norikae.failover.model.Command;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.transfer.ImageSink;
import norikae.transfer.ImageSummary;
import norikae.transfer.PageSpace;
import norikae.transfer.memory.LazyFill;
import norikae.transfer.memory.PageStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives one move on the target: images in, tree rebuilt, log asked, tree let go.
 *
 * <p>Thread-safe. The image arrives on one thread of the data port; a thread of this move's own does the rest. It
 * commits by itself as soon as the tree stands, because every hop between the end of the restore and the log is time in
 * which the service stands still.
 */
final class TargetMove {

    private static final Logger LOG = LoggerFactory.getLogger(TargetMove.class);

    private static final Duration AUDIT_PATIENCE = Duration.ofSeconds(60);

    private final MoveContext context;
    private final LogVerdicts verdicts;
    private final MoveId id;
    private final ServiceName service;
    private final NodeId source;
    private final EmptyCapsule empty;
    private final ImageDirectory images;
    private final Path sourceLogPath;
    private final @Nullable LazyFill fill;
    private final @Nullable PageStore store;
    private final Consumer<TargetMove> whenEnded;
    private final long preparedNanos = System.nanoTime();

    private final List<Consumer<TargetUpdate>> followers = new CopyOnWriteArrayList<>();
    private final List<TargetUpdate> history = new CopyOnWriteArrayList<>();
    private volatile long lastProgressNanos = System.nanoTime();

    private Stage stage = Stage.PREPARED;
    private KeptFrames frames = KeptFrames.NONE;
    private boolean restoring;
    private @Nullable CriuRestore prepared;
    private @Nullable RemainderDrain drain;
    private @Nullable FutureTask<Boolean> draining;
    private String discardReason = "";

    /** How far it has come; grows only. */
    private enum Stage {
        PREPARED,
        RECEIVING,
        RECEIVED,
        RESTORING,
        COMMITTED,
        RUNNING,
        ENDED
    }

    TargetMove(
            MoveContext context,
            MoveId id,
            ServiceName service,
            NodeId source,
            EmptyCapsule empty,
            ImageDirectory images,
            Path sourceLogPath,
            @Nullable PageStore store,
            @Nullable LazyFill fill,
            Consumer<TargetMove> whenEnded) {
        this.context = context;
        this.verdicts = new LogVerdicts(context.log(), context.settings());
        this.id = id;
        this.service = service;
        this.source = source;
        this.empty = empty;
        this.images = images;
        this.sourceLogPath = sourceLogPath;
        this.store = store;
        this.fill = fill;
        this.whenEnded = whenEnded;
    }

    MoveId id() {
        return id;
    }

    ServiceName service() {
        return service;
    }

    NodeId source() {
        return source;
    }

    /** From here on the target waits for the image, and gives up if none comes. */
    void begin() {
        context.faults().reached(FaultPoint.TARGET_PREPARED, service.value());
        tell(TargetUpdate.Kind.PREPARED, "");
        Thread.ofPlatform().daemon().name("move-" + service + "-stall-watch").start(this::watchForStall);
    }

    /** Tells {@code follower} all that has happened and will happen; the last update is RESUMED or FAILED. */
    synchronized void follow(Consumer<TargetUpdate> follower) {
        history.forEach(follower);
        followers.add(follower);
    }

    /** Whether nothing more will be told. */
    synchronized boolean ended() {
        return stage == Stage.ENDED || stage == Stage.RUNNING;
    }

    /** The data port has a connection with this move's ticket. */
    synchronized ImageSink receive() throws IOException {
        if (stage != Stage.PREPARED) {
            throw new IOException("move " + id + " is " + stage + " and takes no image any more");
        }
        prepared = CriuRestore.prepare(
                context.criu(),
                RestoreRequests.of(service, empty, images, fill == null ? null : fill::attach, sourceLogPath));
        stage = Stage.RECEIVING;
        return new Receiver(new CriuImageWriter(images.directory()));
    }

    /** The service stands still on the source: what comes for it from now on is kept here. */
    void divertFrames() {
        synchronized (this) {
            if (stage == Stage.ENDED || stage == Stage.RUNNING || frames != KeptFrames.NONE) {
                return;
            }
            frames = KeptFrames.divertedBy(empty);
        }
    }

    /**
     * The service stands still, and this node's copies of its volumes have everything: mounts them, so that the tree can be rebuilt.
     *
     * @throws IOException if that cannot be done, or the move has ended
     */
    void takeVolumes() throws IOException {
        synchronized (this) {
            if (stage != Stage.PREPARED && stage != Stage.RECEIVING) {
                throw new IOException("move " + id + " is " + stage + " and takes no volumes any more");
            }
            context.volumes().take(empty.spec()); // a move that is given up meanwhile waits, and unmounts them
        }
        lastProgressNanos = System.nanoTime();
        context.faults().reached(FaultPoint.TARGET_VOLUMES, service.value());
    }

    private synchronized KeptFrames frames() {
        return frames;
    }

    /** The source, or the log, says that nothing will come of it. Harmless after a commit: then the log knows better. */
    void discard(String reason) {
        boolean leftToRestore;
        synchronized (this) {
            if (stage != Stage.PREPARED && stage != Stage.RECEIVING && stage != Stage.RECEIVED) {
                return; // the restoring thread asks the log itself before it goes on, and is refused
            }
            stage = Stage.ENDED;
            discardReason = reason;
            leftToRestore = restoring;
            notifyAll();
        }
        if (!leftToRestore) {
            CriuRestore idle = prepared;
            if (idle != null) {
                idle.close();
            }
            giveUp(reason);
        } else {
            context.fills().forget(service); // CRIU may wait for memory that never comes
        }
    }

    private void watchForStall() {
        long limit = context.settings().stallTimeout().multipliedBy(2).toNanos();
        while (true) {
            synchronized (this) {
                if (stage != Stage.PREPARED && stage != Stage.RECEIVING) {
                    return;
                }
            }
            if (abortedInLog()) {
                discard("the log says that the move was given up");
                return;
            }
            if (System.nanoTime() - lastProgressNanos > limit) {
                discard("no image came for " + TimeUnit.NANOSECONDS.toMillis(limit) + " ms");
                return;
            }
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** A source that gave up while its PrepareMove was still on its way cannot tell anybody else. */
    private boolean abortedInLog() {
        return context.log()
                .latestKnown()
                .move(id)
                .filter(m -> m.phase() == MoveRecord.Phase.ABORTED)
                .isPresent();
    }

    /** The tree can be rebuilt while the last pages come. */
    private void filesComplete() {
        synchronized (this) {
            if (stage != Stage.RECEIVING || restoring) {
                return;
            }
            restoring = true;
        }
        Thread.ofPlatform().name("move-" + service + "-restore").start(() -> {
            try {
                restoreAndCommit();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the agent stops; the next one resolves what is left
            }
        });
    }

    private synchronized void received() throws IOException {
        if (stage == Stage.RECEIVING) {
            if (fill != null && store != null) {
                if (RemainderFile.promise(images.directory(), store)) {
                    drain = context.fills().drain(service, id, source, context);
                    draining = new FutureTask<>(this::drain);
                    Thread.ofPlatform()
                            .daemon()
                            .name("drain-" + service)
                            .start(draining); // CRIU itself touches memory while it rebuilds
                }
                fill.answer();
            }
            stage = Stage.RECEIVED;
            notifyAll();
        }
    }

    /** Waits for the last byte; false if it never comes. */
    private boolean awaitReceived() throws InterruptedException {
        synchronized (this) {
            while (stage == Stage.RECEIVING) {
                wait();
            }
            if (stage != Stage.RECEIVED) {
                return false;
            }
        }
        context.faults().reached(FaultPoint.TARGET_RECEIVED, service.value());
        tell(TargetUpdate.Kind.RECEIVED, "");
        synchronized (this) {
            if (stage != Stage.RECEIVED) {
                return false;
            }
            stage = Stage.RESTORING;
            return true;
        }
    }

    private void restoreAndCommit() throws InterruptedException {
        HeldRestore held;
        try (CriuRestore restore = Objects.requireNonNull(prepared)) {
            held = restore.start();
        } catch (IOException e) {
            String given;
            synchronized (this) {
                given = discardReason.isEmpty() ? "restore failed: " + e.getMessage() : discardReason;
                stage = Stage.ENDED;
            }
            giveUp(given);
            return;
        }
        if (!awaitReceived()) {
            held.cancel();
            giveUp(discardReason);
            return;
        }
        if (fill != null) {
            fill.fillAll();
        }
        context.faults().reached(FaultPoint.TARGET_RESTORED, service.value());
        tell(TargetUpdate.Kind.RESTORED, "");
        if (!held.alive()) {
            end(Stage.ENDED);
            held.cancel();
            giveUp("CRIU died while the restored tree was held");
            return;
        }
        // CRIU finishes its work beside the log's: the tree stays stopped and frozen, its link detached, whatever
        // comes.
        FutureTask<Capsule> releasing = new FutureTask<>(() -> release(held));
        Thread.ofPlatform().name("move-" + service + "-release").start(releasing);
        Outcome outcome = verdicts.insist(new Command.CommitMove(id, System.currentTimeMillis()));
        String failure = "";
        try {
            var _ = releasing.get();
        } catch (ExecutionException e) {
            failure = String.valueOf(Objects.requireNonNull(e.getCause()).getMessage());
        }
        if (outcome instanceof Outcome.Refused refused) {
            end(Stage.ENDED);
            held.cancel();
            killProcesses(); // a tree that CRIU has let go is not CRIU's to kill
            giveUp(refused.message());
            return;
        }
        end(Stage.COMMITTED);
        context.faults().reached(FaultPoint.TARGET_COMMITTED, service.value());
        tell(TargetUpdate.Kind.COMMITTED, "");
        if (!failure.isEmpty()) {
            held.cancel();
            revert("CRIU could not let the tree go, and it never ran: " + failure);
            return;
        }
        letRun(releasing.resultNow());
    }

    /** CRIU lets go of the tree, which is frozen before. */
    private Capsule release(HeldRestore held) throws IOException {
        held.resume(() -> empty.cgroup().freeze(context.settings().stallTimeout()));
        return empty.adoptRestored(held.rootPid());
    }

    /** After the point of no return: forward. */
    private void letRun(Capsule capsule) throws InterruptedException {
        context.faults().reached(FaultPoint.TARGET_RELEASED, service.value());
        if (context.settings().audit()) {
            boolean _ = drained();
            boolean _ = context.fills().await(service, AUDIT_PATIENCE);
            Audit.compare(capsule, images.directory());
        }
        new TargetCapsules(context).letRun(capsule, id, frames().after(images.directory()));
        end(Stage.RUNNING);
        context.fills().follow(service, capsule::alive);
        context.faults().reached(FaultPoint.TARGET_RESUMED, service.value());
        tell(TargetUpdate.Kind.RESUMED, "");
        frames().close();
        images.remove();
        if (context.fills().drains(service)) {
            context.faults().reached(FaultPoint.TARGET_DRAINING, service.value());
        }
        if (!drained()) {
            lose(capsule);
            return;
        }
        Outcome _ = verdicts.insist(new Command.MarkResumed(id, System.currentTimeMillis()));
        context.capsules().forgetMove(id.value());
        LOG.info("move={} service={} runs here under epoch {}", id, service, capsule.epoch());
        whenEnded.accept(this);
    }

    private boolean drain() throws InterruptedException {
        try {
            return Objects.requireNonNull(drain).run();
        } catch (RuntimeException e) {
            LOG.error("move={} service={} its drain has failed", id, service, e);
            throw e;
        }
    }

    /** Has the rest of the memory come and waits for it; false if it is lost. */
    private boolean drained() throws InterruptedException {
        RemainderDrain rest;
        FutureTask<Boolean> task;
        synchronized (this) {
            rest = drain;
            task = draining;
        }
        if (rest == null || task == null) {
            return true;
        }
        rest.release();
        try {
            return task.get();
        } catch (ExecutionException e) {
            LOG.error("move={} service={} its drain has failed", id, service, e.getCause());
            return false;
        }
    }

    /** What the service has written since it runs here is gone with it; what it had not got yet is on a node that is lost. */
    private void lose(Capsule capsule) throws InterruptedException {
        new TargetCapsules(context).lose(capsule, id, source);
        whenEnded.accept(this);
    }

    private void revert(String proof) throws InterruptedException {
        LOG.warn("move={} service={} committed but cannot run here: {}", id, service, proof);
        killProcesses();
        Outcome _ = verdicts.insist(new Command.RevertMove(id, proof, System.currentTimeMillis()));
        cleanUp();
        end(Stage.ENDED);
        tell(TargetUpdate.Kind.FAILED, proof);
        whenEnded.accept(this);
    }

    /** Before the commit: nothing here may ever run. The log is told as well, in case the source is not there to do it. */
    private void giveUp(String reason) {
        LOG.warn("move={} service={} given up on the target: {}", id, service, reason);
        cleanUp();
        tell(TargetUpdate.Kind.FAILED, reason);
        Thread.ofPlatform().name("move-" + service + "-give-up").start(() -> {
            try {
                Outcome _ = verdicts.insist(new Command.AbortMove(id, reason, System.currentTimeMillis()));
                whenEnded.accept(this);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** What is dead cannot run by the time the log gives the service back. */
    private void killProcesses() {
        try {
            empty.killProcesses();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("processes of " + service + " could not be killed", e);
        }
    }

    private void cleanUp() {
        frames().close();
        try {
            if (fill != null) {
                empty.killProcesses(); // first: what is missing must not be filled with zeros where somebody could
                // see it
                fill.close();
            }
            empty.discard();
        } catch (IOException e) {
            LOG.error(
                    "move={} could not remove the empty capsule; the resolver will try again: {}", id, e.getMessage());
        }
        images.remove();
    }

    private synchronized void end(Stage reached) {
        stage = reached;
    }

    private synchronized void tell(TargetUpdate.Kind kind, String reason) {
        TargetUpdate update = TargetUpdate.newBuilder()
                .setKind(kind)
                .setReason(reason)
                .setAtMicros((System.nanoTime() - preparedNanos) / 1_000)
                .build();
        history.add(update);
        followers.forEach(f -> f.accept(update));
    }

    /** Counts what comes, strikes the fault point once, and hands everything on. */
    private final class Receiver implements ImageSink {

        private final CriuImageWriter writer;
        private boolean first = true;

        Receiver(CriuImageWriter writer) {
            this.writer = writer;
        }

        @Override
        public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
            flowing();
            if (space.kind() == PageSpace.Kind.STORED) {
                stored().put(space, address, data);
            } else {
                writer.pages(space, address, data);
            }
        }

        @Override
        public void zeroPages(PageSpace space, long address, long count) throws IOException {
            flowing();
            if (space.kind() == PageSpace.Kind.STORED) {
                stored().discard(space, address, count);
            } else {
                writer.zeroPages(space, address, count);
            }
        }

        private PageStore stored() throws IOException {
            if (store == null) {
                throw new IOException("pages for the page store came, but the move was prepared without one");
            }
            return store;
        }

        @Override
        public void file(String name, long offset, ByteBuffer data) throws IOException {
            flowing();
            writer.file(name, offset, data);
        }

        @Override
        public void filesComplete() throws IOException {
            writer.filesComplete();
            TargetMove.this.filesComplete();
        }

        @Override
        public void complete(ImageSummary summary) throws IOException {
            writer.complete(summary);
            received();
        }

        @Override
        public void failed(IOException cause) {
            writer.failed(cause);
            discard("the image never became whole: " + cause.getMessage());
        }

        private void flowing() {
            lastProgressNanos = System.nanoTime();
            if (first) {
                first = false;
                context.faults().reached(FaultPoint.TARGET_RECEIVING, service.value());
            }
        }
    }
}
