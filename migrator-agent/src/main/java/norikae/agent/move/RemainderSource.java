package norikae.agent.move;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import norikae.agent.api.v1.PageRange;
import norikae.agent.api.v1.RemainderPages;
import norikae.agent.api.v1.RemainderRequest;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.Residue;
import norikae.agent.peer.ApiException;
import norikae.failover.fault.FaultPoint;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.transfer.memory.MemorySender.Member;
import norikae.transfer.memory.RangeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source's end of a hybrid move's drain: reads pages of the frozen copy for the target, those that are waited for first.
 *
 * <p>One object for each call. The target may call again, and this agent may be another one than the one that began the move:
 * nothing is needed but the frozen copy and the log's word of whose it is. Thread-safe.
 */
final class RemainderSource implements StreamObserver<RemainderRequest> {

    private static final Logger LOG = LoggerFactory.getLogger(RemainderSource.class);
    private static final int PAGE = ProcessMemory.PAGE_BYTES;
    private static final int PIECE_BYTES = 64 * PAGE;

    /** With the page that is waited for come its neighbours. */
    private static final int URGENT_BYTES = 16 * PAGE;

    private static final long READY_GLANCE_MILLIS = 100;
    private static final LZ4Compressor LZ4 = LZ4Factory.fastestInstance().fastCompressor();

    private final MoveContext context;
    private final String caller;
    private final ServerCallStreamObserver<RemainderPages> out;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
    private final Map<Long, RangeSet> wanted = new HashMap<>(); // guarded by this, as all below
    private final Deque<Piece> urgent = new ArrayDeque<>();
    private @Nullable Thread sender;
    private boolean all;
    private boolean ended;

    private record Piece(long process, Range range, boolean waitedFor) {}

    /** @param caller name of the node whose certificate the call came with */
    RemainderSource(MoveContext context, String caller, ServerCallStreamObserver<RemainderPages> out) {
        this.context = context;
        this.caller = caller;
        this.out = out;
        out.setOnReadyHandler(this::wake);
        out.setOnCancelHandler(this::end);
    }

    @Override
    public synchronized void onNext(RemainderRequest request) {
        try {
            if (sender == null) {
                MoveId id = new MoveId(request.getMoveId());
                Capsule capsule = frozenCopy(id);
                sender = Thread.ofPlatform()
                        .daemon()
                        .name("remainder-" + capsule.service())
                        .start(() -> send(capsule));
            }
            for (PageRange range : request.getWantedList()) {
                wanted.computeIfAbsent(range.getProcess(), _ -> new RangeSet()).add(checked(range));
            }
            for (PageRange range : request.getUrgentList()) {
                urgent.add(new Piece(range.getProcess(), checked(range), true));
            }
            all |= request.getAll();
            notifyAll();
        } catch (ApiException e) {
            fail(e.toStatus());
        } catch (IllegalArgumentException e) {
            fail(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
        }
    }

    private static Range checked(PageRange range) {
        long start = range.getStart();
        long pages = range.getPages();
        if (start < 0 || start % PAGE != 0 || pages <= 0 || pages > (Long.MAX_VALUE - start) / PAGE) {
            throw new IllegalArgumentException(
                    "no range of pages: " + Long.toUnsignedString(pages) + " at " + Long.toHexString(start));
        }
        return new Range(start, start + pages * PAGE);
    }

    private Capsule frozenCopy(MoveId id) {
        MoveRecord move = context.log()
                .latestKnown()
                .move(id)
                .filter(m -> m.from().equals(context.self()) && frozen(m.phase()))
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "node " + context.self() + " knows of no move " + id + " that still has its copy here"));
        if (!move.to().value().equals(caller)) {
            throw new ApiException(
                    Status.Code.PERMISSION_DENIED, "move " + id + " goes to " + move.to() + ", not to " + caller);
        }
        return context.capsules().residues().stream()
                .filter(r -> r.role() == Residue.Role.MOVING_OUT && r.moveId().equals(id.value()))
                .findFirst()
                .flatMap(Residue::capsule)
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "node " + context.self() + " has no frozen copy of move " + id));
    }

    /**
     * Nobody asks before the whole image has reached him, and from its last byte on the copy stays frozen unless the log refuses
     * the commit for ever: then what was read does not count.
     */
    private static boolean frozen(MoveRecord.Phase phase) {
        return phase == MoveRecord.Phase.PREPARING || phase == MoveRecord.Phase.COMMITTED;
    }

    private void send(Capsule capsule) {
        try {
            Map<Long, Integer> pids = new HashMap<>();
            for (Member member : Members.of(capsule.cgroup())) {
                pids.put(member.inner(), member.pid());
            }
            boolean draining = false;
            for (Piece piece = next(); piece != null; piece = next()) {
                if (!draining && !piece.waitedFor()) {
                    draining = true;
                    context.faults()
                            .reached(
                                    FaultPoint.SOURCE_DRAINING,
                                    capsule.service().value());
                }
                Integer pid = pids.get(piece.process());
                if (pid == null) {
                    throw new IOException("the frozen copy has no process " + piece.process());
                }
                RemainderPages pages = read(pid, piece);
                awaitReady();
                synchronized (this) {
                    if (ended) {
                        return;
                    }
                    out.onNext(pages);
                }
            }
            finish();
        } catch (IOException e) {
            LOG.warn("service={} its remainder cannot be sent: {}", capsule.service(), e.getMessage());
            fail(Status.DATA_LOSS.withDescription(e.getMessage()).asRuntimeException());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What to send next; null once all that was wanted is sent, or nobody wants it any more. */
    private synchronized @Nullable Piece next() throws InterruptedException {
        while (!ended) {
            for (Piece first = urgent.poll(); first != null; first = urgent.poll()) {
                Range around = new Range(
                        first.range().start(),
                        Math.max(first.range().end(), first.range().start() + URGENT_BYTES));
                Piece piece = take(
                        first.process(),
                        wanted.getOrDefault(first.process(), new RangeSet()).within(around),
                        true);
                if (piece != null) {
                    if (piece.range().end() < first.range().end()) {
                        urgent.addFirst(first);
                    }
                    return piece;
                }
            }
            if (!all) {
                wait();
                continue;
            }
            for (Iterator<Map.Entry<Long, RangeSet>> each = wanted.entrySet().iterator(); each.hasNext(); ) {
                Map.Entry<Long, RangeSet> process = each.next();
                Range range = process.getValue().from(0);
                if (range != null) {
                    return take(process.getKey(), List.of(range), false);
                }
                each.remove();
            }
            return null;
        }
        return null;
    }

    private @Nullable Piece take(long process, List<Range> ranges, boolean waitedFor) {
        if (ranges.isEmpty()) {
            return null;
        }
        Range first = ranges.getFirst();
        Range part = new Range(first.start(), Math.min(first.end(), first.start() + PIECE_BYTES));
        wanted.getOrDefault(process, new RangeSet()).remove(part);
        return new Piece(process, part, waitedFor);
    }

    private RemainderPages read(int pid, Piece piece) throws IOException {
        read(pid, piece.range());
        buffer.flip();
        byte[] packed = new byte[LZ4.maxCompressedLength(buffer.remaining())];
        int length = LZ4.compress(buffer, 0, buffer.remaining(), ByteBuffer.wrap(packed), 0, packed.length);
        ByteString data = length < piece.range().bytes()
                ? UnsafeByteOperations.unsafeWrap(packed, 0, length)
                : ByteString.copyFrom(buffer);
        return RemainderPages.newBuilder()
                .setProcess(piece.process())
                .setAddress(piece.range().start())
                .setPages((int) (piece.range().bytes() / PAGE))
                .setData(data)
                .build();
    }

    private void read(int pid, Range range) throws IOException {
        try {
            if (ProcessMemory.read(pid, List.of(range), buffer.clear()) == range.bytes()) {
                return;
            }
        } catch (LinuxException e) {
            if (e.errno() != Errno.EFAULT) {
                throw e;
            }
        }
        // CRIU made it readable for a while when it was looked at.
        ProcessMemory.readProtected(pid, range, buffer.clear());
    }

    private synchronized void awaitReady() throws InterruptedException {
        while (!ended && !out.isReady()) {
            wait(READY_GLANCE_MILLIS);
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    private synchronized void finish() {
        if (!ended) {
            ended = true;
            out.onCompleted();
        }
    }

    private synchronized void fail(RuntimeException status) {
        if (!ended) {
            ended = true;
            out.onError(status);
            notifyAll();
        }
    }

    @Override
    public void onError(Throwable t) {
        end();
    }

    @Override
    public void onCompleted() {
        // the target has nothing more to ask; what it wanted is still sent
    }
}
