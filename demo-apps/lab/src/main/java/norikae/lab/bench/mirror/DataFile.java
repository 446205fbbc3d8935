package norikae.lab.bench.mirror;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** Files whose blocks follow from a seed and their place, so that every program can be given the same. Nothing packs them. */
final class DataFile {

    /** Also what a replica compares at a time, and more than rsync's block. */
    static final int BLOCK_BYTES = 64 * 1024;

    /** Of so many blocks one is changed by {@link #change}: 5 %. */
    private static final int CHANGED_OF = 20;

    /** A sparse file has data in one of so many stretches. */
    private static final int FILLED_OF = 10;

    private static final int STRETCH_BYTES = 1 << 20;

    private DataFile() {}

    /** Takes a block. */
    @FunctionalInterface
    interface Sink {
        void write(long offset, ByteBuffer block) throws IOException;
    }

    /** Makes all of a file data. */
    static void makeDense(Path file, long bytes, long seed) throws IOException {
        try (FileChannel channel = empty(file, bytes)) {
            for (long at = 0; at < bytes; at += BLOCK_BYTES) {
                put(channel, at, block(seed, at));
            }
        }
    }

    /** Makes nine tenths of a file holes. */
    static void makeSparse(Path file, long bytes, long seed) throws IOException {
        try (FileChannel channel = empty(file, bytes)) {
            for (long at = 0; at < bytes; at += BLOCK_BYTES) {
                if (at / STRETCH_BYTES % FILLED_OF == 0) {
                    put(channel, at, block(seed, at));
                }
            }
        }
    }

    /** Makes all of a file a hole. */
    static void makeEmpty(Path file, long bytes) throws IOException {
        empty(file, bytes).close();
    }

    private static FileChannel empty(Path file, long bytes) throws IOException {
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(0);
            made.setLength(bytes);
        }
        return FileChannel.open(file, StandardOpenOption.WRITE);
    }

    /** Gives one block of twenty, always the same ones, the content that it has under that seed. */
    static void change(Path file, long bytes, long seed) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            change(bytes, seed, (offset, block) -> put(channel, offset, block));
        }
    }

    /** The same to whatever takes blocks. */
    static void change(long bytes, long seed, Sink sink) throws IOException {
        SplittableRandom random = new SplittableRandom(CHANGED_OF);
        for (long first = 0; first < bytes / BLOCK_BYTES; first += CHANGED_OF) {
            long offset = (first + random.nextInt(CHANGED_OF)) * BLOCK_BYTES;
            if (offset < bytes) {
                sink.write(offset, block(seed, offset));
            }
        }
    }

    private static ByteBuffer block(long seed, long offset) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        Content.INCOMPRESSIBLE.fill(block, new SplittableRandom((seed << 48) ^ offset));
        return block.flip();
    }

    private static void put(FileChannel channel, long offset, ByteBuffer block) throws IOException {
        long at = offset;
        while (block.hasRemaining()) {
            at += channel.write(block, at);
        }
    }
}
