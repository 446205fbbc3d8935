package norikae.linux;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A block device that several servers read and write: every read asks the device, and a write has reached it when it
 * returns (O_DIRECT, O_SYNC). Nothing is read or written but the sectors that were asked for; {@code FileChannel} cannot do
 * that, because it takes the block size of the file system in which the device's name lies for that of the device.
 *
 * <p>A regular file serves as well, through the page cache: between processes of one machine, not between machines.
 * Thread-safe. A call may block for as long as the device hangs, and nothing can wake it.
 */
public final class RawDisk implements AutoCloseable {

    /** What regular files pretend. */
    public static final int FILE_SECTOR_BYTES = 512;

    private static final int O_DIRECT = 040000;
    private static final int O_SYNC = 04010000;
    private static final long BLKSSZGET = 0x1268;
    private static final long BLKGETSIZE64 = 0x80081272L;
    private static final int SECTOR_BYTES_MAX = 64 << 10;
    private static final int BYTES_MAX = 16 << 20;

    private final Path path;
    private final OwnedFd fd;
    private final boolean device;
    private final int sectorBytes;

    private RawDisk(Path path, OwnedFd fd, boolean device) throws IOException {
        this.path = path;
        this.fd = fd;
        this.device = device;
        this.sectorBytes = device ? Math.toIntExact(ask("BLKSSZGET", BLKSSZGET, 4)) : FILE_SECTOR_BYTES;
        if (sectorBytes < 512 || sectorBytes > SECTOR_BYTES_MAX || Integer.bitCount(sectorBytes) != 1) {
            throw new IOException(path + " says that its sectors have " + sectorBytes + " bytes: not a usable disk");
        }
    }

    /** Opens it for reading and writing. */
    public static RawDisk open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw new IOException(path + " is a directory: name a block device");
        }
        boolean device = !Files.isRegularFile(path);
        OwnedFd fd;
        try {
            fd = OwnedFd.open(path, OwnedFd.O_RDWR | O_SYNC | (device ? O_DIRECT : 0), 0);
        } catch (LinuxException e) {
            throw KernelFile.missing(path, e);
        }
        try {
            return new RawDisk(path, fd, device);
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    /** Size of a sector; offsets and lengths are multiples of it. */
    public int sectorBytes() {
        return sectorBytes;
    }

    public long bytes() throws IOException {
        return device ? ask("BLKGETSIZE64", BLKGETSIZE64, 8) : Files.size(path);
    }

    /** Reads {@code length} bytes at {@code offset}. @throws EOFException if the disk ends before them */
    public byte[] read(long offset, int length) throws IOException {
        ByteBuffer buffer = buffer(offset, length);
        while (buffer.hasRemaining()) {
            long got = move("pread", Numbers.PREAD, offset, buffer);
            if (got == 0) {
                throw new EOFException(path + " ends at byte " + (offset + buffer.position()) + ", but " + length
                        + " bytes at " + offset + " were asked for");
            }
        }
        byte[] bytes = new byte[length];
        buffer.flip().get(bytes);
        return bytes;
    }

    /** Writes {@code bytes} at {@code offset}; they are on the device when this returns. */
    public void write(long offset, byte[] bytes) throws IOException {
        ByteBuffer buffer = buffer(offset, bytes.length).put(bytes).flip();
        while (buffer.hasRemaining()) {
            if (move("pwrite", Numbers.PWRITE, offset, buffer) == 0) {
                throw new EOFException(path + " takes no byte at " + (offset + buffer.position()));
            }
        }
    }

    private long move(String name, long number, long offset, ByteBuffer buffer) throws LinuxException {
        long at = offset + buffer.position();
        long moved = LibC.syscall(
                name,
                number,
                path + ", offset=" + at + ", bytes=" + buffer.remaining(),
                fd.fd(),
                MemorySegment.ofBuffer(buffer).address(),
                buffer.remaining(),
                at);
        buffer.position(buffer.position() + (int) moved);
        return moved;
    }

    private ByteBuffer buffer(long offset, int length) {
        if (offset < 0 || length <= 0 || length > BYTES_MAX || offset % sectorBytes != 0 || length % sectorBytes != 0) {
            throw new IllegalArgumentException(path + ": " + length + " bytes at " + offset
                    + " are not whole sectors of " + sectorBytes + " bytes, " + BYTES_MAX + " bytes at most");
        }
        // O_DIRECT wants memory that is aligned as the device is; a page always is.
        int align = Math.max(sectorBytes, 4096);
        ByteBuffer room = ByteBuffer.allocateDirect(length + align);
        int start = (align - room.alignmentOffset(0, align)) % align;
        return room.slice(start, length);
    }

    private long ask(String what, long request, int bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(8, 8);
            LibC.syscall("ioctl", Numbers.IOCTL, path + ", " + what, fd.fd(), request, number.address());
            return bytes == 4 ? number.get(ValueLayout.JAVA_INT, 0) : number.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    @Override
    public void close() {
        fd.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
