package norikae.transfer;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import norikae.linux.ThreadPriority;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.RefusalCode;
import norikae.transfer.wire.Tally;
import norikae.transfer.wire.Totals;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks about one ticket, then feeds what comes into the sink: a thread of its own per stream, so that a slow sink
 * holds up nobody else. All of a stream's endings meet in {@link #run}.
 */
final class SinkFeeder implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SinkFeeder.class);

    private final TargetHandler handler;
    private final DataServer server;
    private final MoveTicket ticket;
    private final PeerIdentity peer;
    private final FrameQueue queue = new FrameQueue();
    private final Tally tally = new Tally();
    private final Thread thread;

    SinkFeeder(TargetHandler handler, DataServer server, MoveTicket ticket, PeerIdentity peer) {
        this.handler = handler;
        this.server = server;
        this.ticket = ticket;
        this.peer = peer;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("data-sink-" + server.node() + "-" + ticket.moveId())
                .unstarted(this);
    }

    MoveTicket ticket() {
        return ticket;
    }

    StreamPlace place() {
        return handler.place(ticket);
    }

    void start() {
        thread.start();
    }

    void put(Frame frame) {
        queue.put(frame);
    }

    boolean isFull() {
        return queue.isFull();
    }

    boolean isLow() {
        return queue.isLow();
    }

    /** Ends the stream with this cause, unless it has ended. Any thread. */
    void fail(IOException cause) {
        queue.fail(cause);
    }

    /** Ends the connection's service from outside. Any thread. */
    void shutDown() {
        handler.shutDown();
    }

    /** Waits for the sink's last call; a sink that is stuck is interrupted when the time is over. */
    void join(Duration patience) throws InterruptedException {
        if (!thread.join(patience)) {
            LOG.warn("sink is stuck and is interrupted: move={}", ticket.moveId());
            thread.interrupt();
        }
    }

    @Override
    public void run() {
        Frame lastWord;
        try {
            if (!ticket.sourceNode().equals(peer.name())) {
                throw new TicketRefusedException("the ticket is of source node '" + ticket.sourceNode()
                        + "', but the certificate is of '" + peer.name() + "'");
            }
            ImageSink sink = server.check().accept(ticket, peer.name());
            handler.say(new Frame.Welcome());
            lastWord = feed(sink);
        } catch (TicketRefusedException e) {
            lastWord = refused(Objects.requireNonNullElse(e.getMessage(), "ticket refused"), null);
        } catch (RuntimeException | Error e) {
            lastWord = refused("the target could not check the ticket: " + Links.message(e), e);
        }
        queue.end();
        server.release(this);
        handler.finish(lastWord);
    }

    private Frame refused(String why, @Nullable Throwable e) {
        LOG.warn("stream refused: move={} peer={} reason={}", ticket.moveId(), place().peer(), why, e);
        return new Frame.Refused(RefusalCode.TICKET, why);
    }

    private Frame feed(ImageSink sink) {
        long start = System.nanoTime();
        try {
            Totals totals = untilComplete(sink);
            LOG.info(
                    "stream complete: move={} peer={} files={} fileBytes={} pageBytes={} wireBytes={} millis={}",
                    ticket.moveId(),
                    place().peer(),
                    totals.files(),
                    totals.fileBytes(),
                    totals.pageBytes(),
                    place().bytes(),
                    Duration.ofNanos(System.nanoTime() - start).toMillis());
            return new Frame.Received(totals);
        } catch (IOException e) {
            return failed(sink, e);
        } catch (InterruptedException e) {
            return failed(sink, new TransferInterruptedException("the target is shutting down", place(), e));
        } catch (RuntimeException | Error e) {
            return failed(sink, new IOException("the target's sink failed: " + Links.message(e), e));
        }
    }

    private Frame failed(ImageSink sink, IOException cause) {
        LOG.warn("stream failed: move={} reason={}", ticket.moveId(), cause.getMessage());
        try {
            sink.failed(cause);
        } catch (RuntimeException e) {
            LOG.error("sink threw when told that its image failed: move={}", ticket.moveId(), e);
        }
        return new Frame.Failed(Links.message(cause));
    }

    private Totals untilComplete(ImageSink sink) throws IOException, InterruptedException {
        // Until the service stands still, others on this node come first.
        ThreadPriority.background();
        handler.urgent(false);
        while (true) {
            Frame frame = queue.take();
            try {
                switch (frame) {
                    case Frame.Pages pages -> {
                        tally.add(pages);
                        sink.pages(
                                Mapping.fromWire(pages.kind(), pages.spaceId()),
                                pages.address(),
                                pages.data().nioBuffer().asReadOnlyBuffer());
                    }
                    case Frame.ZeroPages zeros -> {
                        tally.add(zeros);
                        sink.zeroPages(Mapping.fromWire(zeros.kind(), zeros.spaceId()), zeros.address(), zeros.count());
                    }
                    case Frame.FileChunk chunk -> {
                        tally.add(chunk);
                        sink.file(
                                chunk.name(),
                                chunk.offset(),
                                chunk.data().nioBuffer().asReadOnlyBuffer());
                    }
                    case Frame.Frozen _ -> {
                        ThreadPriority.normal();
                        handler.urgent(true);
                        sink.frozen();
                    }
                    case Frame.FilesComplete _ -> sink.filesComplete();
                    case Frame.ImagesComplete complete -> {
                        Totals own = tally.totals();
                        if (!own.equals(complete.totals())) {
                            throw new IOException(
                                    "image differs: sent was " + complete.totals() + ", received was " + own);
                        }
                        sink.complete(Mapping.fromWire(own));
                        return own;
                    }
                    case Frame.Hello _,
                            Frame.Welcome _,
                            Frame.Refused _,
                            Frame.Received _,
                            Frame.Failed _,
                            Frame.Abort _ -> throw new AssertionError("not for a sink: " + frame);
                }
            } finally {
                frame.release();
            }
            if (handler.isPaused() && queue.isLow()) {
                handler.resumeReading();
            }
        }
    }
}
