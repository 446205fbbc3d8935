package norikae.transfer.memory;

import java.nio.ByteBuffer;
import java.util.List;
import norikae.linux.LinuxException;
import norikae.linux.PageFile;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of a process are still on another node. Noted in the process's own page file as well, one byte for each page
 * above all addresses, so that whoever takes the file over knows them. Guarded by its owner.
 */
final class PromisedPages {

    /** No process has an address as high. */
    static final long MARKS_AT = 1L << 60;

    private static final long PAGE = ProcessMemory.PAGE_BYTES;
    private static final int MARKS_BYTES = 64 << 10;
    private static final byte PROMISED = 1;

    private final PageFile file;
    private final RangeSet ranges = new RangeSet();
    private final ByteBuffer marks = ByteBuffer.allocateDirect(MARKS_BYTES);

    PromisedPages(PageFile file) {
        this.file = file;
    }

    /** Reads what an earlier owner of the file has noted. */
    void adopt() throws LinuxException {
        long at = MARKS_AT;
        for (Range piece = file.next(at); piece != null; piece = file.next(at)) {
            for (long from = piece.start(); from < piece.end(); from += MARKS_BYTES) {
                marks.clear().limit((int) Math.min(MARKS_BYTES, piece.end() - from));
                file.read(from, marks);
                marks.flip();
                for (int i = 0; i < marks.limit(); i++) {
                    if (marks.get(i) == PROMISED) {
                        long address = (from + i - MARKS_AT) * PAGE;
                        ranges.add(new Range(address, address + PAGE));
                    }
                }
            }
            at = piece.end();
        }
    }

    void add(Range range) throws LinuxException {
        ranges.add(range);
        mark(range, PROMISED);
    }

    /** They have come, or nobody wants them any more. */
    void remove(Range range) throws LinuxException {
        for (Range part : ranges.within(range)) {
            ranges.remove(part);
            mark(part, (byte) 0);
        }
    }

    private void mark(Range range, byte mark) throws LinuxException {
        long at = MARKS_AT + range.start() / PAGE;
        for (long left = range.bytes() / PAGE; left > 0; ) {
            int part = (int) Math.min(left, MARKS_BYTES);
            marks.clear().limit(part);
            for (int i = 0; i < part; i++) {
                marks.put(i, mark);
            }
            file.write(at, marks);
            at += part;
            left -= part;
        }
    }

    boolean contains(long page) {
        return ranges.containsAll(new Range(page, page + PAGE));
    }

    List<Range> within(Range range) {
        return ranges.within(range);
    }

    @Nullable
    Range from(long address) {
        return ranges.from(address);
    }

    List<Range> ranges() {
        return ranges.ranges();
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    long bytes() {
        return ranges.bytes();
    }

    /** Forgets them without a note: the process is gone. */
    void clear() {
        ranges.clear();
    }
}
