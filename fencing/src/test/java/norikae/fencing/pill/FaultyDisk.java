package norikae.fencing.pill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A disk in a file that can fail, hang, or have something happen to it at an exact moment. Thread-safe. */
final class FaultyDisk implements Sectors.Opener {

    private static final int ALL = Integer.MAX_VALUE / 2;

    private final Path path;
    private final Semaphore gate = new Semaphore(ALL);
    private final AtomicInteger failures = new AtomicInteger();
    private volatile boolean failing;
    private volatile @Nullable LongConsumer afterWrite;

    FaultyDisk(Path path) throws IOException {
        this.path = Files.write(path, new byte[1 << 20]);
    }

    Path path() {
        return path;
    }

    void fail(boolean fails) {
        failing = fails;
    }

    /** How many calls have failed. */
    int failures() {
        return failures.get();
    }

    /** Calls from now on do not return before {@link #wake}. */
    void hang() {
        gate.drainPermits();
    }

    void wake() {
        gate.release(ALL);
    }

    /** What happens as soon as somebody has written; it gets the offset. */
    void afterWrite(@Nullable LongConsumer what) {
        afterWrite = what;
    }

    @Override
    public Sectors open(Path wanted) throws IOException {
        pass();
        Sectors real = Sectors.raw(wanted);
        return new Sectors() {
            @Override
            public int sectorBytes() {
                return real.sectorBytes();
            }

            @Override
            public byte[] read(long offset, int length) throws IOException {
                pass();
                return real.read(offset, length);
            }

            @Override
            public void write(long offset, byte[] bytes) throws IOException {
                pass();
                real.write(offset, bytes);
                LongConsumer then = afterWrite;
                if (then != null) {
                    then.accept(offset);
                }
            }

            @Override
            public void close() {
                real.close();
            }
        };
    }

    private void pass() throws IOException {
        gate.acquireUninterruptibly();
        gate.release();
        if (failing) {
            failures.incrementAndGet();
            throw new IOException(path + ": input/output error");
        }
    }
}
