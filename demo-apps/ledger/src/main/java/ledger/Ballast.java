package ledger;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * Live heap of a chosen size, written to at a chosen rate, that can tell whether a single byte of it has changed behind
 * its back.
 *
 * <p>A third of the chunks are random bytes, the rest looks like a journal, so all of it compresses about as well as
 * the heap of a real service. Every chunk holds its index, the count of its rewrites and a checksum. Thread-safe: a
 * chunk is guarded by its own monitor.
 */
final class Ballast implements AutoCloseable {
    static final int CHUNK_BYTES = 64 * 1024;

    /** What the rest of the service needs of the heap beside the ballast. */
    private static final long HEADROOM_BYTES = 24L << 20;

    /** The writer makes up for at most this much lost time, so that it does not burst after a pause. */
    private static final double MAX_CATCH_UP_SECONDS = 0.1;

    private static final int CORPUS_BYTES = 1 << 20;
    private static final int INDEX_AT = 0;
    private static final int GENERATION_AT = 8;
    private static final int BODY_AT = 16;
    private static final int CHECKSUM_AT = CHUNK_BYTES - 8;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** What reading all of it showed. */
    record Check(long chunks, long faults) {}

    private final byte[][] chunks;
    private final byte[] corpus;
    private final AtomicLong rewrittenBytes = new AtomicLong();
    private volatile boolean stopping;
    private final Thread writer;

    Ballast(long bytes, long bytesPerSecond) {
        this(bytes, bytesPerSecond, 0);
    }

    /**
     * Fills {@code bytes} (rounded up to whole chunks) and rewrites {@code bytesPerSecond} of them, at random.
     *
     * @param garbageBytes about so much is left behind dead, strewn between the living chunks
     */
    Ballast(long bytes, long bytesPerSecond, long garbageBytes) {
        SplittableRandom random = new SplittableRandom(bytes);
        this.corpus = journal(random);
        this.chunks = new byte[Math.toIntExact((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES)][];
        List<byte[]> garbage = new ArrayList<>();
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = new byte[CHUNK_BYTES];
            fill(chunks[i], i, 0, random);
            while (garbage.size() < garbageBytes / CHUNK_BYTES * (i + 1) / chunks.length) {
                garbage.add(chunks[i].clone());
            }
        }
        this.writer = new Thread(() -> keepWriting(bytesPerSecond, random.split()), "ledger-ballast-writer");
        writer.setDaemon(true);
        if (bytesPerSecond > 0 && chunks.length > 0) {
            writer.start();
        }
    }

    /** Refuses a size that the heap cannot hold, before the JVM runs out of memory over it. */
    static void checkFits(long bytes, long heapMaxBytes) {
        if (bytes > 0 && bytes + HEADROOM_BYTES > heapMaxBytes) {
            long megabytes = (bytes + bytes / 4 + 2 * HEADROOM_BYTES) >> 20;
            throw new Arguments.UsageException("--ballast of " + (bytes >> 20) + " MiB does not fit into the heap of "
                    + (heapMaxBytes >> 20) + " MiB; give java -Xmx" + megabytes + "m");
        }
    }

    long bytes() {
        return (long) chunks.length * CHUNK_BYTES;
    }

    long rewrittenBytes() {
        return rewrittenBytes.get();
    }

    /** Reads every byte and compares the checksums. */
    Check check() {
        long faults = 0;
        for (int i = 0; i < chunks.length; i++) {
            byte[] chunk = chunks[i];
            synchronized (chunk) {
                boolean sound =
                        (long) LONG.get(chunk, INDEX_AT) == i && (long) LONG.get(chunk, CHECKSUM_AT) == checksum(chunk);
                faults += sound ? 0 : 1;
            }
        }
        return new Check(chunks.length, faults);
    }

    /** Flips one bit, for tests of {@link #check}. */
    void damage(int chunk, int at) {
        synchronized (chunks[chunk]) {
            chunks[chunk][at] ^= 1;
        }
    }

    /** What a chunk holds just now, for tests. */
    byte[] copyOfChunk(int chunk) {
        synchronized (chunks[chunk]) {
            return chunks[chunk].clone();
        }
    }

    @Override
    public void close() {
        stopping = true;
        writer.interrupt();
    }

    private void keepWriting(long bytesPerSecond, SplittableRandom random) {
        long last = System.nanoTime();
        double due = 0;
        try {
            while (!stopping) {
                Thread.sleep(5);
                long now = System.nanoTime();
                due += Math.min((now - last) / 1e9, MAX_CATCH_UP_SECONDS) * bytesPerSecond;
                last = now;
                for (; due >= CHUNK_BYTES && !stopping; due -= CHUNK_BYTES) {
                    rewrite(random.nextInt(chunks.length), random);
                    rewrittenBytes.addAndGet(CHUNK_BYTES);
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void rewrite(int index, SplittableRandom random) {
        byte[] chunk = chunks[index];
        synchronized (chunk) {
            fill(chunk, index, (long) LONG.get(chunk, GENERATION_AT) + 1, random);
        }
    }

    private void fill(byte[] chunk, int index, long generation, SplittableRandom random) {
        if (index % 3 == 0) {
            for (int at = BODY_AT; at < CHECKSUM_AT; at += 8) {
                LONG.set(chunk, at, random.nextLong());
            }
        } else {
            int body = CHECKSUM_AT - BODY_AT;
            System.arraycopy(corpus, random.nextInt(CORPUS_BYTES - body), chunk, BODY_AT, body);
        }
        LONG.set(chunk, INDEX_AT, (long) index);
        LONG.set(chunk, GENERATION_AT, generation);
        LONG.set(chunk, CHECKSUM_AT, checksum(chunk));
    }

    private static long checksum(byte[] chunk) {
        CRC32C crc = new CRC32C();
        crc.update(chunk, 0, CHECKSUM_AT);
        return crc.getValue();
    }

    private static byte[] journal(SplittableRandom random) {
        StringBuilder text = new StringBuilder(CORPUS_BYTES + 200);
        long millis = 1_700_000_000_000L;
        while (text.length() < CORPUS_BYTES) {
            millis += random.nextInt(5000);
            text.append(millis)
                    .append(" transfer from=acct-")
                    .append(random.nextInt(1_000_000))
                    .append(" to=acct-")
                    .append(random.nextInt(1_000_000))
                    .append(" amount=")
                    .append(random.nextInt(100_000))
                    .append(" currency=EUR ref=")
                    .append(Long.toHexString(random.nextLong()))
                    .append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        return Arrays.copyOf(bytes, CORPUS_BYTES);
    }
}
