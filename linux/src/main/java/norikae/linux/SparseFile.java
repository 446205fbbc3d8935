package norikae.linux;

import java.nio.file.Path;

/**
 * The holes of a file or of a block device: where they are, and how to make them (fallocate(2), lseek(2)). Thread-safe,
 * except that {@link #close} must come last.
 */
public final class SparseFile implements AutoCloseable {

    private static final long KEEP_SIZE = 1;
    private static final long PUNCH_HOLE = 2;
    private static final long ZERO_RANGE = 0x10;
    private static final long SEEK_DATA = 3;
    private static final long SEEK_HOLE = 4;

    private final OwnedFd file;

    private SparseFile(OwnedFd file) {
        this.file = file;
    }

    /** Opens it for reading and writing; it must exist. */
    public static SparseFile open(Path path) throws LinuxException {
        return new SparseFile(OwnedFd.open(path, OwnedFd.O_RDWR, 0));
    }

    /**
     * Gives the room of a range back; it reads as zeros from now on.
     *
     * @throws LinuxException EOPNOTSUPP if the file system or device cannot do that
     */
    public void punchHole(long offset, long bytes) throws LinuxException {
        fallocate(KEEP_SIZE | PUNCH_HOLE, offset, bytes);
    }

    /**
     * Makes a range read as zeros and keeps its room, so that later writes cannot fail for want of it.
     *
     * @throws LinuxException EOPNOTSUPP if the file system or device cannot do that
     */
    public void zeroRange(long offset, long bytes) throws LinuxException {
        fallocate(KEEP_SIZE | ZERO_RANGE, offset, bytes);
    }

    /** Where the first data at or after {@code offset} begins; -1 if there is none up to the end. */
    public long nextData(long offset) throws LinuxException {
        long data = LibC.syscallOnce(Numbers.LSEEK, file.fd(), offset, SEEK_DATA);
        if (data == -Errno.ENXIO.code()) {
            return -1;
        }
        if (data < 0) {
            throw LinuxException.of("lseek", (int) -data, file + ", SEEK_DATA offset=" + offset);
        }
        return data;
    }

    /** Where the first hole at or after {@code offset}, which lies before the end, begins; the end counts as one. */
    public long nextHole(long offset) throws LinuxException {
        return LibC.syscall(
                "lseek", Numbers.LSEEK, file + ", SEEK_HOLE offset=" + offset, file.fd(), offset, SEEK_HOLE);
    }

    private void fallocate(long mode, long offset, long bytes) throws LinuxException {
        LibC.syscall(
                "fallocate",
                Numbers.FALLOCATE,
                file + ", mode=" + mode + ", offset=" + offset + ", bytes=" + bytes,
                file.fd(),
                mode,
                offset,
                bytes);
    }

    @Override
    public void close() {
        file.close();
    }
}
