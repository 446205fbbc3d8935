package norikae.transfer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Finds pages full of zeros, and makes them. Stateless. */
final class ZeroPages {

    static final int PAGE_BYTES = 4096;

    private static final int RUN_BYTES_MAX = 64 * PAGE_BYTES;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(RUN_BYTES_MAX).asReadOnlyBuffer();
    private static final MemorySegment ZERO_PAGE = MemorySegment.ofBuffer(ZEROS).asSlice(0, PAGE_BYTES);

    private ZeroPages() {}

    static boolean isZero(MemorySegment data, long offset) {
        return MemorySegment.mismatch(data, offset, offset + PAGE_BYTES, ZERO_PAGE, 0, PAGE_BYTES) == -1;
    }

    static void expand(ImageSink sink, PageSpace space, long address, long count) throws IOException {
        long left = count * PAGE_BYTES;
        long at = address;
        while (left > 0) {
            int run = (int) Math.min(left, RUN_BYTES_MAX);
            sink.pages(space, at, ZEROS.slice(0, run));
            at += run;
            left -= run;
        }
    }
}
