package norikae.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Small files that the kernel makes up, such as {@code cgroup.freeze}: one read or write call is one question or order,
 * and its errno is the answer. Thread-safe.
 */
final class KernelFile {

    private static final int BYTES_MAX = 64 << 10;

    /** Beyond the maps of a process with every mapping that vm.max_map_count allows. */
    private static final int ALL_BYTES_MAX = 64 << 20;

    private KernelFile() {}

    /**
     * Writes {@code value} with one call.
     *
     * @throws NoSuchFileException if the file is not there, or goes away with what it stands for
     * @throws LinuxException naming file and value, for every other refusal
     */
    static void write(Path file, String value) throws IOException {
        try (Arena arena = Arena.ofConfined();
                OwnedFd fd = OwnedFd.open(file, OwnedFd.O_WRONLY, 0)) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            long put = LibC.syscall(
                    "write", Numbers.WRITE, file + ", \"" + value + "\"", fd.fd(), data.address(), bytes.length);
            if (put != bytes.length) {
                throw new IOException(file + " took " + put + " of " + bytes.length + " bytes of \"" + value + "\"");
            }
        } catch (LinuxException e) {
            throw missing(file, e);
        }
    }

    /** Reads an open file from its beginning; the kernel notes that its present state is known to this descriptor. */
    static String read(Path file, OwnedFd fd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(BYTES_MAX);
            long got = LibC.syscall("pread", Numbers.PREAD, file.toString(), fd.fd(), data.address(), BYTES_MAX, 0);
            return new String(data.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        } catch (LinuxException e) {
            throw missing(file, e);
        }
    }

    /**
     * Reads a file to its end. Bytes become characters one by one, because names of files are what they are.
     *
     * @throws NoSuchFileException as {@link #write} does
     */
    static String readAll(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined();
                OwnedFd fd = OwnedFd.open(file, OwnedFd.O_RDONLY, 0)) {
            MemorySegment data = arena.allocate(BYTES_MAX);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            while (true) {
                long got = LibC.syscall("read", Numbers.READ, file.toString(), fd.fd(), data.address(), BYTES_MAX);
                if (got == 0) {
                    return all.toString(StandardCharsets.ISO_8859_1);
                }
                if (all.size() + got > ALL_BYTES_MAX) {
                    throw new IOException(file + " has more than " + ALL_BYTES_MAX + " bytes");
                }
                all.write(data.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE));
            }
        } catch (LinuxException e) {
            throw missing(file, e);
        }
    }

    static IOException missing(Path file, LinuxException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENODEV) {
            return e;
        }
        NoSuchFileException gone = new NoSuchFileException(file.toString(), null, e.getMessage());
        gone.initCause(e);
        return gone;
    }
}
