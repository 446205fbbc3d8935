package norikae.lab.bench.mirror;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import norikae.mirror.BlockDevice;

/** Writes to a disk, one after the other. */
final class Writes {

    private static final long SEED = 12;

    private Writes() {}

    /** What was written, and in which time. */
    record Done(long bytes, long nanos) {}

    /** Returns when the write is acknowledged. */
    static void write(BlockDevice disk, long offset, ByteBuffer data) throws IOException {
        CompletableFuture<Optional<IOException>> done = new CompletableFuture<>();
        ByteBuf buffer = Unpooled.wrappedBuffer(data);
        try {
            disk.write(offset, buffer, false, failure -> done.complete(Optional.ofNullable(failure)));
        } finally {
            buffer.release();
        }
        Optional<IOException> failure = done.join();
        if (failure.isPresent()) {
            throw new IOException("a write at " + offset + " failed", failure.get());
        }
    }

    /**
     * An application that writes pages to random places, so many bytes each second. When a write takes longer than its turn,
     * the next ones follow without a pause, until it is where it ought to be.
     */
    static Done atRate(BlockDevice disk, Content content, long bytesPerSecond, Duration time) throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        long pages = disk.size() / Content.PAGE_BYTES;
        long begin = System.nanoTime();
        long bytes = 0;
        while (System.nanoTime() - begin < time.toNanos()) {
            ByteBuffer page = ByteBuffer.allocate(Content.PAGE_BYTES);
            content.fill(page, random);
            write(disk, random.nextLong(pages) * Content.PAGE_BYTES, page.flip());
            bytes += Content.PAGE_BYTES;
            long due = begin + Math.min(bytes * 1_000_000_000L / bytesPerSecond, time.toNanos());
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        return new Done(bytes, System.nanoTime() - begin);
    }
}
