package norikae.mirror.primary;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import norikae.mirror.wire.Frame;
import org.jspecify.annotations.Nullable;

/**
 * What a replica has still to be sent, in order: the older part in memory, the younger on disk once memory is full. Confined
 * to whoever holds the link's lock; owns the frames in it.
 */
final class History {

    private final Path directory;
    private final long memoryMax;
    private final long diskMax;
    private final Deque<Frame> memory = new ArrayDeque<>();
    private long memoryBytes;
    private @Nullable Spill spill;

    History(Path directory, long memoryMax, long diskMax) {
        this.directory = directory;
        this.memoryMax = memoryMax;
        this.diskMax = diskMax;
    }

    long bytes() {
        return memoryBytes + spilledBytes();
    }

    long spilledBytes() {
        return spill == null ? 0 : spill.bytes();
    }

    long frames() {
        return memory.size() + (spill == null ? 0 : spill.frames());
    }

    /** Whether a write more would not find room; {@code elsewhere} counts against the memory as well. */
    boolean isFull(long elsewhere) {
        return diskMax == 0 ? memoryBytes + elsewhere >= memoryMax : spilledBytes() >= diskMax;
    }

    /**
     * Appends one.
     *
     * @param elsewhere bytes that are on their way and still held
     * @throws IOException if the disk does not take it; the frame is released, and what follows it must not be appended
     */
    void add(Frame frame, long elsewhere) throws IOException {
        boolean spilling = spill != null && !spill.isEmpty();
        if (diskMax == 0 || (!spilling && memoryBytes + elsewhere + frame.weight() <= memoryMax)) {
            memory.addLast(frame);
            memoryBytes += frame.weight();
            return;
        }
        try {
            if (spill == null) {
                spill = new Spill(directory);
            }
        } catch (IOException e) {
            frame.release();
            throw e;
        }
        spill.add(frame);
    }

    /** Takes the next one; null if there is none. */
    @Nullable
    Frame poll() throws IOException {
        Frame next = memory.pollFirst();
        if (next != null) {
            memoryBytes -= next.weight();
            return next;
        }
        return spill == null ? null : spill.poll();
    }

    /** Puts back what was taken, in its old order. */
    void putBack(List<Frame> frames) {
        for (Frame frame : frames.reversed()) {
            memory.addFirst(frame);
            memoryBytes += frame.weight();
        }
    }

    /** Number of the first one that has a number; 0 if there is none in memory. */
    long firstNumber() {
        for (Frame frame : memory) {
            if (frame.number() > 0) {
                return frame.number();
            }
        }
        return 0;
    }

    /** Lets go of what is in memory, and of the files without a look. */
    void abandon() {
        memory.forEach(Frame::release);
        memory.clear();
        memoryBytes = 0;
    }

    /**
     * Empties it, showing every frame on the way.
     *
     * @throws IOException if what is on disk cannot be read; the rest is gone as well then
     */
    void clear(Consumer<Frame> seen) throws IOException {
        try {
            for (Frame frame = poll(); frame != null; frame = poll()) {
                seen.accept(frame);
                frame.release();
            }
        } finally {
            memory.forEach(Frame::release);
            memory.clear();
            memoryBytes = 0;
            if (spill != null) {
                spill.close();
                spill = null;
            }
        }
    }
}
