package norikae.agent.move;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.transfer.ImageStream;
import norikae.transfer.PageSpace;
import norikae.transfer.memory.PageStore;

/**
 * The list of pages that a hybrid move leaves on the source until the service runs on the target. It travels with the images:
 * for each range the process's PID inside, where it starts and how many pages it has, as three 64-bit numbers. Stateless.
 */
final class RemainderFile {

    private static final String FILE = "remainder.img";
    private static final int RECORD_BYTES = 3 * Long.BYTES;
    private static final int PIECE_BYTES = RECORD_BYTES * 8_192;

    /** A record for each page of a terabyte whose every other page was written; more is a broken file. */
    private static final long BYTES_MAX = (1L << 40) / (2 * ProcessMemory.PAGE_BYTES) * RECORD_BYTES;

    /** Half of a 57-bit address space, which is what a process can have on any processor of today. */
    private static final long ADDRESSES = 1L << 56;

    private RemainderFile() {}

    static void send(Map<PageSpace, List<Range>> remainder, ImageStream out) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
        long offset = 0;
        for (Map.Entry<PageSpace, List<Range>> process : remainder.entrySet()) {
            for (Range range : process.getValue()) {
                piece.putLong(process.getKey().id())
                        .putLong(range.start())
                        .putLong(range.bytes() / ProcessMemory.PAGE_BYTES);
                if (!piece.hasRemaining()) {
                    out.file(FILE, offset, piece.flip());
                    offset += piece.limit();
                    piece.clear();
                }
            }
        }
        out.file(FILE, offset, piece.flip());
    }

    /**
     * Promises the store what the list says. Returns whether there is such a list.
     *
     * @throws IOException if the list is none
     */
    static boolean promise(Path images, PageStore store) throws IOException {
        Path file = images.resolve(FILE);
        if (!Files.exists(file)) {
            return false;
        }
        long size = Files.size(file);
        if (size % RECORD_BYTES != 0 || size > BYTES_MAX) {
            throw new IOException(FILE + " has " + size + " bytes, which is no list of pages");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
            while (channel.read(piece.clear()) > 0) {
                while (piece.hasRemaining() && channel.read(piece) > 0) {
                    // until the piece is full or the file ends
                }
                for (piece.flip(); piece.remaining() >= RECORD_BYTES; ) {
                    promise(store, piece.getLong(), piece.getLong(), piece.getLong());
                }
            }
        }
        return true;
    }

    private static void promise(PageStore store, long process, long start, long pages) throws IOException {
        boolean sane = start >= 0
                && start % ProcessMemory.PAGE_BYTES == 0
                && start < ADDRESSES
                && pages > 0
                && pages <= (ADDRESSES - start) / ProcessMemory.PAGE_BYTES;
        if (!sane) {
            throw new IOException(FILE + " names " + pages + " pages of process " + process + " at "
                    + Long.toHexString(start) + ", which cannot be");
        }
        store.promise(PageSpace.stored(process), start, pages);
    }
}
