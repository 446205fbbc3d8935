package norikae.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;

/** The build-id of an ELF file: equal for equal builds, whatever the files are called; elf(5), NT_GNU_BUILD_ID. */
public final class BuildId {

    private static final int ELF_MAGIC_LE = 0x464C457F;
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int PROGRAM_HEADERS_MAX = 256;
    private static final int NOTES_BYTES_MAX = 64 << 10;
    private static final int PT_NOTE = 4;
    private static final int NT_GNU_BUILD_ID = 3;
    private static final int GNU = 0x00554E47;

    private BuildId() {}

    /** In hexadecimal; empty for a file that is not a 64-bit little-endian ELF file or carries none. */
    public static Optional<String> of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer header = read(channel, 0, HEADER_BYTES);
            if (header.remaining() < HEADER_BYTES
                    || header.getInt(0) != ELF_MAGIC_LE
                    || header.get(4) != 2
                    || header.get(5) != 1) {
                return Optional.empty();
            }
            long at = header.getLong(32);
            int count = Math.min(header.getShort(56) & 0xffff, PROGRAM_HEADERS_MAX);
            ByteBuffer programs = read(channel, at, count * PROGRAM_HEADER_BYTES);
            for (int i = 0; (i + 1) * PROGRAM_HEADER_BYTES <= programs.limit(); i++) {
                int base = i * PROGRAM_HEADER_BYTES;
                if (programs.getInt(base) == PT_NOTE) {
                    long size = Math.min(programs.getLong(base + 32), NOTES_BYTES_MAX);
                    Optional<String> id = inNotes(read(channel, programs.getLong(base + 8), (int) Math.max(0, size)));
                    if (id.isPresent()) {
                        return id;
                    }
                }
            }
            return Optional.empty();
        }
    }

    private static Optional<String> inNotes(ByteBuffer notes) {
        int at = 0;
        while (at + 12 <= notes.limit()) {
            int nameSize = notes.getInt(at);
            int dataSize = notes.getInt(at + 4);
            int type = notes.getInt(at + 8);
            if (nameSize < 0 || dataSize < 0 || nameSize > NOTES_BYTES_MAX || dataSize > NOTES_BYTES_MAX) {
                return Optional.empty();
            }
            int data = at + 12 + padded(nameSize);
            if (data + dataSize > notes.limit()) {
                return Optional.empty();
            }
            if (type == NT_GNU_BUILD_ID && nameSize == 4 && notes.getInt(at + 12) == GNU) {
                byte[] id = new byte[dataSize];
                notes.get(data, id);
                return Optional.of(HexFormat.of().formatHex(id));
            }
            at = data + padded(dataSize);
        }
        return Optional.empty();
    }

    private static int padded(int size) {
        return (size + 3) & ~3;
    }

    private static ByteBuffer read(FileChannel channel, long position, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        if (position < 0 || position >= channel.size()) {
            return buffer.limit(0);
        }
        channel.position(position);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // until full or at the end of the file
        }
        return buffer.flip();
    }
}
