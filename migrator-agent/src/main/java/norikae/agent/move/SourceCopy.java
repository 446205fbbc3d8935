package norikae.agent.move;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import norikae.agent.api.v1.DivertFramesRequest;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.PrepareMoveReply;
import norikae.agent.capsule.Capsule;
import norikae.agent.criu.CriuDump;
import norikae.agent.criu.DumpListener;
import norikae.agent.criu.DumpRequest;
import norikae.agent.criu.HeldDump;
import norikae.agent.criu.PageSink;
import norikae.agent.jvm.JvmHeaps;
import norikae.agent.jvm.TrimPolicy;
import norikae.agent.move.MoveTimeline.Moment;
import norikae.agent.peer.ApiException;
import norikae.failover.fault.FaultPoint;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.move.MoveEvent;
import norikae.transfer.DataClient;
import norikae.transfer.ImageStream;
import norikae.transfer.MoveTicket;
import norikae.transfer.PageSpace;
import norikae.transfer.StreamOptions;
import norikae.transfer.TransferMeter;
import norikae.transfer.memory.Convergence;
import norikae.transfer.memory.MemorySender;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets the service's image to the target: memory ahead if that was decided ({@link PreCopy}), then stops the tree, dumps it and
 * streams what comes.
 *
 * <p>{@link #run} is for one thread, once; {@link #rollBack} and {@link #discard} may come from another and wait for it.
 */
final class SourceCopy implements DumpListener, PageSink {

    private static final int CHUNK_BYTES = 256 << 10;
    private static final int PAGE_BYTES = 4096;
    private static final double MIB = 1 << 20;

    /** A JVM's threads stop within a millisecond; one that is in the middle of disk I/O takes as long as the disk. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

    /** An image that waits longer for it would lengthen the pause that it is to shorten. */
    private static final Duration DIVERT_PATIENCE = Duration.ofMillis(100);

    private static final Duration TRIM_PATIENCE = Duration.ofSeconds(60);
    private static final Duration TRIM_GLANCE = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(SourceCopy.class);

    private final MoveContext context;
    private final SourceMove move;
    private final Capsule capsule;
    private final NodeId to;
    private final MoveTicket ticket;
    private final InetSocketAddress target;
    private final MoveTimeline timeline;
    private final CompletableFuture<Boolean> promise;
    private final CountDownLatch ended = new CountDownLatch(1);

    private volatile boolean given;
    private volatile @Nullable ImageStream stream;
    private volatile @Nullable CriuDump dump;
    private volatile @Nullable HeldDump held;
    private volatile boolean started;
    private volatile @Nullable ImageDirectory images;
    private final Thread diverting;
    private volatile KeptFrames frames = KeptFrames.NONE;
    private final MemoryPlan plan;
    private final @Nullable PreCopy preCopy;
    private final AtomicLong bytesDone = new AtomicLong();
    private final ByteBuffer fileBuffer = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private final SourceVolumes volumes;
    private boolean pagesSeen;

    SourceCopy(
            MoveContext context,
            SourceMove move,
            Capsule capsule,
            NodeId to,
            Epoch epoch,
            PrepareMoveReply reply,
            MemoryPlan plan,
            MoveTimeline timeline,
            CompletableFuture<Boolean> promise) {
        this.context = context;
        this.move = move;
        this.capsule = capsule;
        this.to = to;
        this.ticket = new MoveTicket(
                move.id().value(),
                capsule.service().value(),
                epoch.value(),
                context.self().value());
        this.target = new InetSocketAddress(reply.getDataAddress(), reply.getDataPort());
        this.timeline = timeline;
        this.promise = promise;
        this.plan = plan;
        this.volumes = new SourceVolumes(context, move.id(), capsule, to);
        this.preCopy = plan.stored() ? new PreCopy(plan, capsule, rounds()) : null;
        this.diverting =
                Thread.ofPlatform().daemon().name("divert-" + capsule.service()).unstarted(this::divertFrames);
    }

    /** Returns when the target has everything, or when it is clear that it never will. */
    void run() throws IOException, InterruptedException {
        started = true;
        try {
            copy();
        } finally {
            ended.countDown();
        }
    }

    private void copy() throws IOException, InterruptedException {
        StreamOptions options = new StreamOptions(
                true, Duration.ofSeconds(5), context.settings().stallTimeout(), Duration.ofSeconds(30));
        ImageDirectory directory =
                ImageDirectory.create(context.imageRoot(), move.id(), ImageDirectory.METADATA_BYTES_MAX);
        images = directory;
        try (ImageStream out = DataClient.open(target, context.dataTls(), ticket, options)) {
            stream = out;
            capsule.markMovingOut(move.id().value());
            move.post(new MoveEvent.CopyStarted(1));
            JvmHeaps heaps = trim();
            if (preCopy != null && plan.way() == MemoryPlan.Way.HYBRID) {
                preCopy.leaveTheRest();
            } else if (preCopy != null) {
                copyAhead(preCopy, heaps, out);
            }
            volumes.sync();
            CriuDump running = new CriuDump(
                    context.criu(),
                    new DumpRequest(
                            capsule.service().value(),
                            capsule.initPid(),
                            directory.directory(),
                            capsule.netnsInode(),
                            capsule.cgroup()::procs,
                            preCopy != null,
                            STOP_PATIENCE),
                    this,
                    this);
            dump = running;
            if (given) {
                throw new IOException("given up before it began");
            }
            HeldDump holding = running.run();
            held = holding;
            for (Path file : holding.imageFiles()) {
                send(out, file);
            }
            if (context.settings().audit()) {
                Audit.send(capsule, out);
            }
            if (preCopy != null && preCopy.leavesTheRest()) {
                preCopy.awaitLastRound(); // the list of what stays here is one of the files
            }
            volumes.await(); // or files would be opened that are not there
            out.filesComplete(); // the target can begin to rebuild
            sendKeptFrames(out);
            if (preCopy != null) {
                preCopy.awaitLastRound();
            }
            move.post(new MoveEvent.CompleteSent());
            if (promised()) {
                var _ = out.complete();
                move.post(new MoveEvent.TargetReceived());
            }
        } finally {
            directory.remove();
        }
    }

    @Override
    public void started(int criuPid) {
        timeline.reached(Moment.STOPPING);
        context.faults().reached(FaultPoint.SOURCE_COPYING, capsule.service().value());
    }

    @Override
    public void treeStopped() throws IOException {
        if (preCopy != null) {
            preCopy.lastRound(
                    Objects.requireNonNull(stream),
                    Objects.requireNonNull(images).directory());
        } else {
            Objects.requireNonNull(stream).frozen();
        }
    }

    @Override
    public void treeFrozen() throws IOException {
        frames = KeptFrames.of(capsule);
        capsule.detachLink();
        diverting.start();
        volumes.begin();
        move.post(new MoveEvent.TreeFrozen());
        context.faults().reached(FaultPoint.SOURCE_FROZEN, capsule.service().value());
    }

    @Override
    public void imagesComplete() throws IOException {
        if (preCopy != null) {
            preCopy.verifyBeside(reason -> move.post(new MoveEvent.Failed(reason)));
        }
        capsule.freeze(STOP_PATIENCE);
        timeline.reached(Moment.DUMPED);
        context.faults().reached(FaultPoint.SOURCE_DUMPED, capsule.service().value());
    }

    @Override
    public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
        dumping();
        ImageStream out = java.util.Objects.requireNonNull(stream);
        out.pages(space, address, data);
        progress(data.remaining(), out);
    }

    /** Only a CRIU without our patch reads these; those that went ahead stay here. */
    @Override
    public void lazyPages(PageSpace space, long address, ByteBuffer data) throws IOException {
        if (preCopy == null || !preCopy.carries(space, address, data)) {
            pages(space, address, data);
        }
    }

    @Override
    public void left(PageSpace space, long address, long pages) throws IOException {
        if (preCopy == null) {
            PageSink.super.left(space, address, pages);
        } else {
            dumping();
            preCopy.left(space, address, pages);
        }
    }

    private void dumping() {
        if (!pagesSeen) {
            pagesSeen = true;
            context.faults()
                    .reached(FaultPoint.SOURCE_DUMPING, capsule.service().value());
        }
    }

    /** A JVM that collects its garbage for long, or does not answer at all, must not look like a move that has stalled. */
    private JvmHeaps trim() throws IOException, InterruptedException {
        MoveOptions options = plan.options();
        FutureTask<JvmHeaps> task = new FutureTask<>(() -> {
            JvmHeaps heaps = JvmHeaps.of(capsule.cgroup().procs(), options.trim());
            move.trimmed(heaps.collect(options.trim(), options.maxPause()));
            return heaps;
        });
        Thread trimming =
                Thread.ofPlatform().daemon().name("trim-" + capsule.service()).start(task);
        long deadline = System.nanoTime() + TRIM_PATIENCE.toNanos();
        try {
            while (trimming.isAlive() && !given && System.nanoTime() < deadline) {
                var _ = trimming.join(TRIM_GLANCE);
                move.progress(0, 0, 0);
            }
            if (given) {
                throw new IOException("given up before memory went");
            }
            if (task.isDone()) {
                return task.get();
            }
            LOG.warn(
                    "move={} service={} a JVM does not answer: its heap travels as it is",
                    move.id(),
                    capsule.service());
        } catch (ExecutionException e) {
            LOG.warn("move={} service={} heaps travel as they are", move.id(), capsule.service(), e.getCause());
        } finally {
            trimming.interrupt();
        }
        return JvmHeaps.of(List.of(), TrimPolicy.OFF);
    }

    /** @throws IOException if the service writes faster than can be sent, and the operator would rather keep it here */
    private void copyAhead(PreCopy ahead, JvmHeaps heaps, ImageStream out) throws IOException {
        // An audit compares what nobody reads as well.
        Convergence.Verdict verdict = ahead.rounds(out, context.settings().audit() ? Map::of : heaps::unused);
        Convergence reached = ahead.convergence();
        move.skipped(ahead.skippedBytes());
        String figures = String.format(
                        Locale.ROOT,
                        "after %d rounds %.1f ms of memory are left (it writes %.1f MiB/s, %.1f MiB/s go over; it stood still"
                                + " for %.1f ms to be watched)",
                        reached.rounds(),
                        reached.predicted().toNanos() / 1e6,
                        reached.dirtyBytesPerSecond() / MIB,
                        reached.bytesPerSecond() / MIB,
                        ahead.stoppedNanos() / 1e6)
                + (plan.watch() == MemorySender.Watch.WRITES ? "" : "; " + plan.reason());
        LOG.info("move={} service={} verdict={} {}", move.id(), capsule.service(), verdict, figures);
        if (verdict == Convergence.Verdict.HOPELESS && plan.options().mode() == MemoryMode.PRE_COPY) {
            throw new IOException("the pause would be longer than the "
                    + plan.options().maxPause().toMillis() + " ms allowed: " + figures
                    + "; allow a longer one with --max-pause, or use --mode auto");
        }
        if (verdict == Convergence.Verdict.HOPELESS && plan.way() == MemoryPlan.Way.PRE_COPY_THEN_HYBRID) {
            ahead.leaveTheRest();
            move.decided(MemoryMode.HYBRID, "the pause would not get shorter, so the rest follows it: " + figures);
            return;
        }
        move.decided(
                MemoryMode.PRE_COPY,
                verdict == Convergence.Verdict.HOPELESS
                        ? "stopped although the pause is longer than asked for, because it would not get shorter: "
                                + figures
                        : figures);
    }

    private PreCopy.RoundListener rounds() {
        return new PreCopy.RoundListener() {
            @Override
            public void round(int number, long pendingBytes, Convergence soFar) throws IOException {
                if (given) {
                    throw new IOException("given up in round " + number);
                }
                if (number > 1) {
                    move.post(new MoveEvent.CopyStarted(number));
                }
                move.round(number, pendingBytes, soFar);
            }

            @Override
            public void roundSent() {
                context.faults()
                        .reached(FaultPoint.SOURCE_ROUND, capsule.service().value());
            }

            @Override
            public void sent(long bytes, ImageStream out) {
                progress(bytes, out);
            }
        };
    }

    private void send(ImageStream out, Path file) throws IOException {
        String name = file.getFileName().toString();
        ByteBuffer buffer = fileBuffer;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long offset = 0;
            do {
                buffer.clear();
                while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                    // until the piece is full or the file ends
                }
                buffer.flip();
                int size = buffer.remaining();
                out.file(name, offset, buffer);
                offset += size;
                progress(size, out);
            } while (offset < channel.size());
        }
    }

    /** What comes from now on goes to the target at once, or is lost. */
    private void sendKeptFrames(ImageStream out) throws IOException, InterruptedException {
        if (diverting.isAlive()) {
            var _ = diverting.join(DIVERT_PATIENCE);
        }
        ByteBuffer content = frames.encode();
        for (int offset = 0; offset < content.limit(); offset += CHUNK_BYTES) {
            out.file(KeptFrames.FILE, offset, content.slice(offset, Math.min(CHUNK_BYTES, content.limit() - offset)));
        }
    }

    private void divertFrames() {
        try {
            var _ = context.peers()
                    .ask(to)
                    .divertFrames(DivertFramesRequest.newBuilder()
                            .setMoveId(move.id().value())
                            .build());
        } catch (StatusRuntimeException | ApiException e) {
            LOG.info("move={} frames of the pause are not diverted: {}", move.id(), e.getMessage());
        }
    }

    private void progress(long bytes, ImageStream out) {
        TransferMeter meter = out.meter();
        long sent = meter.rawBytes() - meter.zeroPages() * PAGE_BYTES;
        move.progress(bytesDone.addAndGet(bytes), sent, meter.wireBytes());
    }

    /** Whether the move's state machine has taken the promise; it has not if the move was given up meanwhile. */
    private boolean promised() throws InterruptedException {
        try {
            return promise.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends whatever goes on, and has CRIU undo what it did. The tree stays stopped by signal. Idempotent. */
    void rollBack() throws InterruptedException {
        given = true;
        CriuDump running = dump;
        if (running != null) {
            running.abort("the move was given up");
        }
        ImageStream out = stream;
        if (out != null) {
            out.abort("the move was given up");
        }
        if (started) {
            ended.await();
        }
        HeldDump holding = held;
        if (holding != null) {
            holding.rollback();
        }
    }

    /** What it writes reaches its volumes again. After {@link #rollBack}, before the tree runs. Idempotent. */
    void resumeVolumes() throws InterruptedException {
        volumes.resume();
    }

    /** The tree runs again, or is dead: nobody needs to watch its memory any more. Idempotent. */
    void stopWatching() {
        if (preCopy != null) {
            preCopy.close();
        }
    }

    /** The tree runs here again, link attached: what came for it meanwhile is delivered. */
    void deliverKeptFrames() {
        frames.deliverTo(capsule);
        frames.close();
    }

    /** Has CRIU kill the frozen copy. Idempotent. */
    void discard() {
        frames.close();
        HeldDump holding = held;
        if (holding != null) {
            holding.discard();
        }
    }
}
