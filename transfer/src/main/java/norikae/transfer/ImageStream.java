package norikae.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.IoEventLoopGroup;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import norikae.linux.ThreadPriority;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.FrameWriter;
import norikae.transfer.wire.SpaceKind;
import norikae.transfer.wire.Tally;
import norikae.transfer.wire.Totals;
import norikae.transfer.wire.WireFormat;

/**
 * One image on its way to a target. Thread-safe; {@link #pages}, {@link #file} and {@link #complete} block while the target is
 * behind, and one thread waits for the other.
 *
 * <p>A stream holds at most {@value SourceState#WINDOW_BYTES} bytes of frames that have not left yet, and about as
 * much again while TLS encrypts them; the receiving end holds at most {@value FrameQueue#HIGH_BYTES} bytes that its
 * sink has not taken, and a little more for what is being read. Buffers given to it are free again on return; their
 * positions do not move.
 *
 * <p>Errors are {@link TransferException}s; after the first one every call throws it.
 */
public final class ImageStream implements PageOutlet, AutoCloseable {

    /** Small frames are gathered up to this before the event loop is woken. */
    private static final int FLUSH_BYTES = 64 * 1024;

    private static final long ABORT_MILLIS = 1_000;

    private final Channel channel;
    private final IoEventLoopGroup loop;
    private final SourceState state;
    private final SourceContext context;
    private final FrameWriter writer;
    private final StreamOptions options;
    private final Tally tally = new Tally();
    private final CompressionChoice compression;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final long openedNanos = System.nanoTime();
    private volatile long endedNanos;
    private int unflushed;
    private boolean completed;

    ImageStream(
            Channel channel,
            IoEventLoopGroup loop,
            SourceState state,
            SourceContext context,
            FrameWriter writer,
            StreamOptions options) {
        this.channel = channel;
        this.loop = loop;
        this.state = state;
        this.context = context;
        this.writer = writer;
        this.options = options;
        this.compression = new CompressionChoice(options.compress());
        channel.eventLoop().execute(ThreadPriority::background);
    }

    /**
     * Sends pages that lie side by side from {@code address} on. Pages of zeros travel as a note only.
     *
     * @param address a multiple of 4,096, as is the number of bytes remaining in {@code data}
     * @throws TransferFailedException if the target could not take what came so far
     * @throws TransferInterruptedException if the link broke or the target is stuck
     */
    @Override
    public synchronized void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
        int size = data.remaining();
        if (address < 0 || address % WireFormat.PAGE_BYTES != 0 || size % WireFormat.PAGE_BYTES != 0) {
            throw new IllegalArgumentException("pages at address=" + address + " of bytes=" + size
                    + "; expected multiples of " + WireFormat.PAGE_BYTES);
        }
        SpaceKind kind = Mapping.toWire(space.kind());
        MemorySegment memory = MemorySegment.ofBuffer(data);
        int at = 0;
        while (at < size) {
            boolean zero = ZeroPages.isZero(memory, at);
            int end = at + WireFormat.PAGE_BYTES;
            while (end < size && (zero || end - at < Links.DATA_FRAME_BYTES) && ZeroPages.isZero(memory, end) == zero) {
                end += WireFormat.PAGE_BYTES;
            }
            if (zero) {
                int count = (end - at) / WireFormat.PAGE_BYTES;
                Frame.ZeroPages zeros = new Frame.ZeroPages(kind, space.id(), address + at, count);
                tally.add(zeros);
                send(zeros);
                context.zeroPages.addAndGet(count);
            } else {
                Frame.Pages pages = new Frame.Pages(kind, space.id(), address + at, view(data, at, end - at));
                tally.add(pages);
                send(pages);
            }
            context.rawBytes.addAndGet(end - at);
            at = end;
        }
        writer.compress(compression.after(size));
    }

    /**
     * Says that pages are full of zeros, or have no content any more, which is the same to whoever reads them.
     *
     * @param address a multiple of 4,096
     * @param count of pages
     */
    @Override
    public synchronized void zeroPages(PageSpace space, long address, long count) throws IOException {
        long at = address;
        for (long left = count; left > 0; ) {
            long part = Math.min(left, WireFormat.ZERO_PAGES_MAX);
            Frame.ZeroPages zeros = new Frame.ZeroPages(Mapping.toWire(space.kind()), space.id(), at, part);
            tally.add(zeros);
            send(zeros);
            left -= part;
            at += part * WireFormat.PAGE_BYTES;
        }
    }

    /**
     * Says that the service stands still now. Until then a stream gives way to other work on both nodes; from here on it does
     * not.
     */
    public synchronized void frozen() throws IOException {
        channel.eventLoop().execute(ThreadPriority::normal);
        send(new Frame.Frozen());
        flush();
    }

    /** Says that all files were sent, and all pages but those for the page store. */
    public synchronized void filesComplete() throws IOException {
        send(new Frame.FilesComplete());
        flush();
    }

    /** Sends what was put in so far without waiting for more. */
    public synchronized void push() {
        flush();
    }

    /**
     * Sends a piece of a file. Nothing remaining in {@code data} at offset 0 makes an empty file.
     *
     * @param name a plain file name of at most 255 characters, without '/' and '..'
     * @throws TransferFailedException if the target could not take what came so far
     * @throws TransferInterruptedException if the link broke or the target is stuck
     */
    public synchronized void file(String name, long offset, ByteBuffer data) throws IOException {
        int size = data.remaining();
        int at = 0;
        do {
            int length = Math.min(size - at, Links.DATA_FRAME_BYTES);
            Frame.FileChunk chunk = new Frame.FileChunk(name, offset + at, view(data, at, length));
            tally.add(chunk);
            send(chunk);
            context.rawBytes.addAndGet(length);
            at += length;
        } while (at < size);
    }

    /**
     * Says that this was all, and waits for the target's word that its sink has the same, complete. If this throws
     * {@link TransferInterruptedException}, the target may hold the whole image or not.
     */
    public ImageReceipt complete() throws IOException {
        Totals sent;
        synchronized (this) {
            sent = tally.totals();
            send(new Frame.ImagesComplete(sent));
            flush();
        }
        Totals received = state.awaitReceipt(options.receiptTimeout(), what -> context.interrupted(what, null));
        endedNanos = System.nanoTime();
        if (!received.equals(sent)) {
            TransferException differs = context.failed("its receipt says " + received + ", but sent was " + sent);
            state.fail(differs);
            throw differs;
        }
        completed = true;
        release();
        return new ImageReceipt(Mapping.fromWire(sent), meter());
    }

    /** Gives the image up and tells the target why. Does nothing once the stream has ended. */
    public void abort(String reason) {
        if (closed.compareAndSet(false, true)) {
            state.fail(context.aborted(reason));
            endedNanos = System.nanoTime();
            ByteBuf frame = writer.write(new Frame.Abort(reason));
            ChannelFuture told = channel.writeAndFlush(frame);
            told.awaitUninterruptibly(ABORT_MILLIS, TimeUnit.MILLISECONDS);
            disconnect();
        }
    }

    /** How far the stream is. */
    public TransferMeter meter() {
        long end = endedNanos == 0 ? System.nanoTime() : endedNanos;
        return new TransferMeter(
                context.rawBytes.get(),
                context.wireBytes.get(),
                context.zeroPages.get(),
                Duration.ofNanos(end - openedNanos));
    }

    /** Ends the stream; one that was not completed is aborted. */
    @Override
    public void close() {
        abort("closed before it was complete");
    }

    private void release() {
        if (closed.compareAndSet(false, true)) {
            disconnect();
        }
    }

    private void disconnect() {
        channel.close().awaitUninterruptibly(ABORT_MILLIS, TimeUnit.MILLISECONDS);
        Links.shutdown(loop);
    }

    private void send(Frame frame) throws TransferException {
        if (completed) {
            throw new IllegalStateException(
                    "the stream of move " + context.ticket().moveId() + " is complete, and takes no " + frame.type());
        }
        state.throwIfFailed();
        ByteBuf bytes = writer.write(frame);
        int length = bytes.readableBytes();
        try {
            state.acquire(length, options.stallTimeout(), what -> context.interrupted(what, null));
        } catch (TransferException e) {
            bytes.release();
            throw e;
        }
        context.wireBytes.addAndGet(length);
        channel.write(bytes).addListener(sent -> {
            if (!sent.isSuccess()) {
                state.fail(context.interrupted("link broke: " + Links.message(sent.cause()), sent.cause()));
            }
            state.release(length);
        });
        unflushed += length;
        if (unflushed >= FLUSH_BYTES) {
            flush();
        }
    }

    private void flush() {
        channel.flush();
        unflushed = 0;
    }

    private static ByteBuf view(ByteBuffer data, int at, int length) {
        return Unpooled.wrappedBuffer(data.slice(data.position() + at, length));
    }
}
