package norikae.mirror.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import norikae.linux.LinuxException;
import norikae.linux.SparseFile;
import norikae.mirror.store.StoreException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of a volume in a file or on a block device. Thread-safe.
 *
 * <p>Through the page cache: a write costs a copy, {@link #flush} makes it stable. Flushes that are asked for while another
 * runs share the next one. After a flush has failed the kernel may have dropped what it could not write, and a second one
 * would claim success: so from then on this store refuses to write until it is opened again.
 */
public final class FileStore implements BlockStore {

    private static final int ZEROS_BYTES = 1 << 20;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(ZEROS_BYTES).asReadOnlyBuffer();

    private final Path path;
    private final long size;
    private final FileChannel channel;
    private final SparseFile holes;
    private final Object flushing = new Object();
    private long flushesBegun;
    private long flushesDone;
    private boolean flushRuns;
    private volatile @Nullable StoreException broken;
    private volatile boolean punches = true;
    private volatile boolean zeroes = true;

    private FileStore(Path path, long size, FileChannel channel, SparseFile holes) {
        this.path = path;
        this.size = size;
        this.channel = channel;
        this.holes = holes;
    }

    /**
     * Makes a file of {@code size} bytes, all a hole.
     *
     * @throws StoreException if there is something of that name, or no room for a file at all
     */
    public static void create(Path path, long size) throws StoreException {
        try {
            Files.createFile(path);
            try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
                made.setLength(size);
                made.getFD().sync();
            }
        } catch (IOException e) {
            throw StoreException.of("creating " + path + " of " + size + " bytes", e);
        }
    }

    /**
     * Makes a file longer, or takes more of a device; what is new reads as zeros, and is so on stable storage when this returns.
     * Interrupted, it can be repeated, as long as nothing was written beyond {@code from}.
     *
     * @throws StoreException {@link Kind#DAMAGED} if it is shorter than {@code from}; {@link Kind#NO_SPACE} if a device is too small
     */
    static void grow(Path path, long from, long to) throws StoreException {
        requireRoom(path, from, to);
        try {
            if (Files.isRegularFile(path)) {
                try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                    file.setLength(from); // of an earlier attempt
                    file.setLength(to);
                    file.getFD().sync();
                }
                return;
            }
        } catch (IOException e) {
            throw StoreException.of("making " + path + " longer, from " + from + " to " + to + " bytes", e);
        }
        try (FileStore device = open(path, to)) {
            device.zero(from, to - from, false);
            device.flush();
        }
    }

    /** Whether {@link #grow} could work; changes nothing. */
    static void requireRoom(Path path, long from, long to) throws StoreException {
        long found;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            found = channel.size();
        } catch (IOException e) {
            throw StoreException.of("opening " + path, e);
        }
        if (found < from) {
            throw new StoreException(
                    Kind.DAMAGED,
                    path + " has " + found + " bytes, but its volume has " + from
                            + "; put the right file in its place, or make the copy anew");
        }
        if (found > to && Files.isRegularFile(path)) {
            throw new StoreException(
                    Kind.DAMAGED,
                    path + " has " + found + " bytes, and its volume would have " + to
                            + "; put the right file in its place, or make the copy anew");
        }
        if (found < to && !Files.isRegularFile(path)) {
            throw new StoreException(
                    Kind.NO_SPACE,
                    "the device " + path + " has " + found + " bytes, and the volume would have " + to
                            + ": enlarge the device first");
        }
    }

    /**
     * Opens a file or a block device.
     *
     * @param size what its size must be; a device may be larger
     */
    public static FileStore open(Path path, long size) throws StoreException {
        FileChannel channel;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw StoreException.of("opening " + path, e);
        }
        try {
            long found = channel.size();
            if (found < size || (found > size && Files.isRegularFile(path))) {
                throw new StoreException(
                        Kind.DAMAGED,
                        path + " has " + found + " bytes, but its volume has " + size
                                + "; put the right file in its place, or make the copy anew");
            }
            return new FileStore(path, size, channel, SparseFile.open(path));
        } catch (IOException e) {
            try {
                channel.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw StoreException.of("opening " + path, e);
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long offset, ByteBuffer to) throws StoreException {
        BlockStore.checkRange(offset, to.remaining(), size);
        long at = offset;
        try {
            while (to.hasRemaining()) {
                int got = channel.read(to, at);
                if (got < 0) {
                    throw new StoreException(
                            Kind.DAMAGED, path + " ends at " + at + " but its volume has " + size + " bytes");
                }
                at += got;
            }
        } catch (IOException e) {
            throw StoreException.of("reading " + path + " at " + at, e);
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws StoreException {
        BlockStore.checkRange(offset, from.remaining(), size);
        requireSound();
        put(offset, from);
    }

    private void put(long offset, ByteBuffer from) throws StoreException {
        long at = offset;
        try {
            while (from.hasRemaining()) {
                at += channel.write(from, at);
            }
        } catch (IOException e) {
            throw StoreException.of("writing " + path + " at " + at, e);
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean release) throws StoreException {
        BlockStore.checkRange(offset, bytes, size);
        requireSound();
        if (bytes == 0 || (release && isHole(offset, bytes))) {
            return;
        }
        if (release && punches) {
            try {
                holes.punchHole(offset, bytes);
                return;
            } catch (LinuxException e) {
                punches = stillWorks(e);
            }
        } else if (!release && zeroes) {
            try {
                holes.zeroRange(offset, bytes);
                return;
            } catch (LinuxException e) {
                zeroes = stillWorks(e);
            }
        }
        for (long at = offset; at < offset + bytes; at += ZEROS_BYTES) {
            put(at, ZEROS.duplicate().limit((int) Math.min(ZEROS_BYTES, offset + bytes - at)));
        }
    }

    /** A hole that is punched again makes some file systems wait for their journal all the same. */
    private boolean isHole(long offset, long bytes) throws StoreException {
        Extent first = extents(offset, bytes, 1).getFirst();
        return first.hole() && first.bytes() == bytes;
    }

    /** Whether to try again next time: a device may refuse one unaligned range, or know nothing of the call. */
    private boolean stillWorks(LinuxException e) throws StoreException {
        return switch (e.errno()) {
            case EOPNOTSUPP -> false;
            case EINVAL -> true;
            default -> throw StoreException.of("zeroing in " + path, e);
        };
    }

    @Override
    public void flush() throws StoreException {
        synchronized (flushing) {
            // One that runs already may have begun before our writes; the next one serves.
            long wanted = flushesBegun + 1;
            while (flushRuns && flushesDone < wanted) {
                try {
                    flushing.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new StoreException(Kind.CLOSED, "interrupted while flushing " + path, e);
                }
            }
            requireSound();
            if (flushesDone >= wanted) {
                return;
            }
            flushRuns = true;
            flushesBegun++;
        }
        StoreException failure = null;
        try {
            channel.force(false);
        } catch (IOException e) {
            failure = StoreException.of("flushing " + path, e);
        }
        synchronized (flushing) {
            flushRuns = false;
            flushesDone = flushesBegun;
            if (failure != null) {
                broken = failure;
            }
            flushing.notifyAll();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void requireSound() throws StoreException {
        StoreException cause = broken;
        if (cause != null) {
            throw new StoreException(
                    cause.kind(),
                    path + " takes no more writes, because a flush failed and what was written before it may be lost: "
                            + cause.getMessage()
                            + ". Look at the disk; then open the volume again and verify it against a replica",
                    cause);
        }
    }

    @Override
    public List<Extent> extents(long offset, long bytes, int limit) throws StoreException {
        BlockStore.checkRange(offset, bytes, size);
        List<Extent> found = new ArrayList<>();
        long at = offset;
        long end = offset + bytes;
        try {
            while (at < end && found.size() < limit) {
                long data = holes.nextData(at);
                if (data < 0 || data > end) {
                    data = end;
                }
                if (data > at) {
                    found.add(new Extent(at, data - at, true));
                    at = data;
                } else {
                    long hole = Math.min(holes.nextHole(at), end);
                    found.add(new Extent(at, hole - at, false));
                    at = hole;
                }
            }
        } catch (LinuxException e) {
            throw StoreException.of("looking for holes in " + path, e);
        }
        return found;
    }

    @Override
    public void close() throws StoreException {
        holes.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw StoreException.of("closing " + path, e);
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
