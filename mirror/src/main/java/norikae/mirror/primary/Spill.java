package norikae.mirror.primary;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import norikae.mirror.wire.Frame;
import norikae.mirror.wire.FrameCodec;
import org.jspecify.annotations.Nullable;

/**
 * A queue of frames in files, for what memory does not hold. Confined to whoever holds the link's lock. Not meant to outlive
 * the process: after a crash the maps say what the replica lacks. Segments are deleted when they have been read.
 */
final class Spill implements AutoCloseable {

    private static final long SEGMENT_BYTES = 64L << 20;

    private final Path directory;
    private final Deque<Segment> segments = new ArrayDeque<>();
    private long nextName;
    private long bytes;
    private long frames;

    private static final class Segment {
        private final Path path;
        private final FileChannel file;
        private long written;
        private long read;

        Segment(Path path) throws IOException {
            this.path = path;
            this.file = FileChannel.open(
                    path,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
        }

        void remove() throws IOException {
            file.close();
            Files.deleteIfExists(path);
        }
    }

    /** An empty one; what an earlier process left in the directory is removed. */
    Spill(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory);
        try (DirectoryStream<Path> old = Files.newDirectoryStream(directory)) {
            for (Path path : old) {
                Files.delete(path);
            }
        }
    }

    long bytes() {
        return bytes;
    }

    long frames() {
        return frames;
    }

    boolean isEmpty() {
        return frames == 0;
    }

    /** Appends one, which is released; a failure leaves the queue as it was. */
    void add(Frame frame) throws IOException {
        ByteBuf encoded = FrameCodec.encode(frame, PooledByteBufAllocator.DEFAULT, true);
        try {
            Segment last = segments.peekLast();
            if (last == null || last.written >= SEGMENT_BYTES) {
                last = new Segment(directory.resolve("%012d".formatted(nextName++)));
                segments.addLast(last);
            }
            long at = last.written;
            for (ByteBuffer piece : encoded.nioBuffers()) {
                while (piece.hasRemaining()) {
                    at += last.file.write(piece, at);
                }
            }
            bytes += at - last.written;
            last.written = at;
            frames++;
        } finally {
            encoded.release();
        }
    }

    /** Takes the first one; null if there is none. */
    @Nullable
    Frame poll() throws IOException {
        Segment first = segments.peekFirst();
        while (first != null && first.read == first.written) {
            segments.removeFirst().remove();
            first = segments.peekFirst();
        }
        if (first == null) {
            return null;
        }
        ByteBuffer head = read(first, ByteBuffer.allocate(FrameCodec.HEADER_BYTES), first.read);
        int payload = head.getInt(32);
        if (payload < 0 || payload > Frame.PAYLOAD_BYTES_MAX) {
            throw new IOException("the history in " + first.path + " is damaged at " + first.read);
        }
        int length = FrameCodec.HEADER_BYTES + payload;
        ByteBuffer all = read(first, ByteBuffer.allocateDirect(length), first.read);
        Frame frame = FrameCodec.decode(Unpooled.wrappedBuffer(all), PooledByteBufAllocator.DEFAULT);
        if (frame == null) {
            throw new IOException("the history in " + first.path + " is damaged at " + first.read);
        }
        first.read += length;
        bytes -= length;
        frames--;
        return frame;
    }

    private static ByteBuffer read(Segment from, ByteBuffer to, long offset) throws IOException {
        while (to.hasRemaining()) {
            if (from.file.read(to, offset + to.position()) < 0) {
                throw new IOException("the history in " + from.path + " ends at " + (offset + to.position()));
            }
        }
        return to.flip();
    }

    @Override
    public void close() throws IOException {
        for (Segment segment : segments) {
            segment.remove();
        }
        segments.clear();
        bytes = 0;
        frames = 0;
        Files.deleteIfExists(directory);
    }
}
