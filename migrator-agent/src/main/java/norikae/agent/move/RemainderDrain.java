package norikae.agent.move;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import norikae.agent.api.v1.PageRange;
import norikae.agent.api.v1.RemainderPages;
import norikae.agent.api.v1.RemainderRequest;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.Peers;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.transfer.memory.LazyFill;
import norikae.transfer.memory.RangeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The target's end of a hybrid move's drain: asks the source for what was promised until all of it is here. A call that breaks
 * is made again for what is still missing. {@link #run} is for one thread; {@link #hurry} comes from those that serve faults.
 */
final class RemainderDrain implements LazyFill.Elsewhere {

    private static final Logger LOG = LoggerFactory.getLogger(RemainderDrain.class);
    private static final int PAGE = ProcessMemory.PAGE_BYTES;
    private static final int PAGES_MAX = 256;

    /** A message's ranges fit well into the 16 MiB that one may have. */
    private static final int RANGES_PER_MESSAGE = 100_000;

    /** Messages on their way at once: few, so that what is waited for does not stand behind many. */
    private static final int WINDOW = 4;

    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final LZ4SafeDecompressor LZ4 = LZ4Factory.fastestInstance().safeDecompressor();

    private final Peers peers;
    private final MoveId move;
    private final NodeId source;
    private final LazyFill fill;
    private final Duration patience;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PAGES_MAX * PAGE);
    private final ByteBuffer packed = ByteBuffer.allocateDirect(PAGES_MAX * PAGE);
    private final Map<Long, RangeSet> waitedFor = new HashMap<>(); // guarded by itself
    private volatile @Nullable Call call;
    private volatile boolean released;

    /** @param patience how long the source may be silent before it is taken for lost */
    RemainderDrain(Peers peers, MoveId move, NodeId source, LazyFill fill, Duration patience) {
        this.peers = peers;
        this.move = move;
        this.source = source;
        this.fill = fill;
        this.patience = patience;
        fill.comesFrom(this);
    }

    /** The service runs: everything may come from now on, not only what somebody waits for. */
    void release() {
        released = true;
        Call open = call;
        if (open != null) {
            open.all();
        }
    }

    /**
     * Returns true once everything is here or nobody wants it any more, false if the source is silent for too long after the
     * release: then the rest is lost.
     */
    boolean run() throws InterruptedException {
        long heard = System.nanoTime();
        String trouble = "it said nothing";
        while (true) {
            Map<Long, List<Range>> promised = fill.promised();
            if (promised.isEmpty()) {
                return true;
            }
            if (!released) {
                heard = System.nanoTime();
            } else if (System.nanoTime() - heard > patience.toNanos()) {
                LOG.error("move={} node {} does not give the rest of the memory: {}", move, source, trouble);
                return false;
            }
            try {
                Call attempt = new Call();
                attempt.open(promised);
                call = attempt;
                attempt.hurryAll(); // what was asked for while there was no call
                if (released) {
                    attempt.all(); // it may have been said in between
                }
                for (RemainderPages pages = attempt.next(); pages != null; pages = attempt.next()) {
                    heard = System.nanoTime();
                    put(pages);
                    attempt.more();
                }
                trouble = attempt.trouble;
            } catch (IOException | ApiException e) {
                trouble = String.valueOf(e.getMessage());
            } finally {
                call = null;
            }
            Thread.sleep(RETRY);
        }
    }

    private void put(RemainderPages pages) throws IOException {
        long address = pages.getAddress();
        int bytes = pages.getPages() * PAGE;
        if (pages.getPages() < 1 || pages.getPages() > PAGES_MAX || address < 0 || address % PAGE != 0) {
            throw new IOException("node " + source + " sent " + pages.getPages() + " pages at "
                    + Long.toHexString(address) + ", which nobody asked for");
        }
        buffer.clear();
        if (pages.getData().size() == bytes) {
            pages.getData().copyTo(buffer);
        } else {
            if (pages.getData().size() > bytes) {
                throw new IOException("node " + source + " sent "
                        + pages.getData().size() + " bytes of data for " + bytes + " bytes of memory");
            }
            pages.getData().copyTo(packed.clear()); // LZ4's native code wants a buffer that it can see into
            packed.flip();
            try {
                int got = LZ4.decompress(packed, 0, packed.remaining(), buffer, 0, bytes);
                if (got != bytes) {
                    throw new IOException("node " + source + " sent " + got + " bytes for " + bytes);
                }
            } catch (LZ4Exception e) {
                throw new IOException("node " + source + " sent pages that are no LZ4 block", e);
            }
            buffer.position(bytes);
        }
        synchronized (waitedFor) {
            waitedFor.getOrDefault(pages.getProcess(), new RangeSet()).remove(new Range(address, address + bytes));
        }
        fill.arrived(pages.getProcess(), address, buffer.flip());
    }

    @Override
    public void hurry(long process, Range range) {
        synchronized (waitedFor) {
            waitedFor.computeIfAbsent(process, _ -> new RangeSet()).add(range);
        }
        Call open = call;
        if (open != null) {
            open.hurry(process, range);
        }
    }

    private static PageRange message(long process, Range range) {
        return PageRange.newBuilder()
                .setProcess(process)
                .setStart(range.start())
                .setPages(range.bytes() / PAGE)
                .build();
    }

    /** One call. */
    private final class Call implements ClientResponseObserver<RemainderRequest, RemainderPages> {

        private final BlockingQueue<RemainderPages> came = new LinkedBlockingQueue<>(); // bounded by the window
        private @Nullable ClientCallStreamObserver<RemainderRequest> requests;
        private volatile boolean over;
        private volatile String trouble = "it said nothing";

        synchronized void open(Map<Long, List<Range>> promised) {
            var _ = peers.stream(source).sendRemainder(this);
            RemainderRequest.Builder request = RemainderRequest.newBuilder().setMoveId(move.value());
            for (Map.Entry<Long, List<Range>> process : promised.entrySet()) {
                for (Range range : process.getValue()) {
                    request.addWanted(message(process.getKey(), range));
                    if (request.getWantedCount() == RANGES_PER_MESSAGE) {
                        say(request.build());
                        request.clearWanted();
                    }
                }
            }
            say(request.setAll(released).build());
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<RemainderRequest> stream) {
            requests = stream;
            stream.disableAutoRequestWithInitial(WINDOW);
        }

        synchronized void all() {
            if (!over) {
                say(RemainderRequest.newBuilder().setAll(true).build());
            }
        }

        synchronized void hurry(long process, Range range) {
            if (!over) {
                say(RemainderRequest.newBuilder()
                        .addUrgent(message(process, range))
                        .build());
            }
        }

        private void hurryAll() {
            synchronized (waitedFor) {
                waitedFor.forEach((process, ranges) -> ranges.ranges().forEach(range -> hurry(process, range)));
            }
        }

        private void say(RemainderRequest request) {
            java.util.Objects.requireNonNull(requests).onNext(request);
        }

        private synchronized void cancel(String why) {
            over = true;
            java.util.Objects.requireNonNull(requests).cancel(why, null);
        }

        void more() {
            java.util.Objects.requireNonNull(requests).request(1);
        }

        /** Null once the call is over. */
        @Nullable
        RemainderPages next() throws InterruptedException {
            long silentSince = System.nanoTime();
            while (true) {
                RemainderPages pages = came.poll(RETRY.toMillis(), TimeUnit.MILLISECONDS);
                if (pages != null) {
                    return pages;
                }
                if (over && came.isEmpty()) {
                    return null;
                }
                if (fill.promised().isEmpty()) {
                    cancel("nothing is wanted any more");
                    return null;
                }
                if (!released) {
                    silentSince = System.nanoTime();
                } else if (System.nanoTime() - silentSince > SILENCE.toNanos()) {
                    cancel("nothing comes any more");
                    return null;
                }
            }
        }

        @Override
        public void onNext(RemainderPages pages) {
            came.add(pages);
        }

        @Override
        public void onError(Throwable t) {
            trouble = String.valueOf(t.getMessage());
            over = true;
        }

        @Override
        public void onCompleted() {
            over = true;
        }
    }
}
