package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Counts, at each end by itself, what a stream has carried. Confined to the thread that handles the stream's
 * data. Counts unpacked contents, so that it also checks compression and whatever lies between wire and sink.
 */
public final class Tally {

    /** Distinct files in one image: a thread is one file, and names are remembered here. */
    static final int FILES_MAX = 65_536;

    private static final int PLACE_BYTES = 1 + 3 * Long.BYTES;

    private final Set<String> files = new HashSet<>();
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer place = ByteBuffer.allocate(PLACE_BYTES);
    private long fileBytes;
    private long pageBytes;

    /** Counts pages. */
    public void add(Frame.Pages pages) {
        place(
                pages.kind().code(),
                pages.spaceId(),
                pages.address(),
                pages.data().readableBytes());
        contents(pages.data());
        pageBytes += pages.data().readableBytes();
    }

    /** Counts zero pages. */
    public void add(Frame.ZeroPages zeros) {
        place(zeros.kind().code(), zeros.spaceId(), zeros.address(), -zeros.count());
        pageBytes += zeros.count() * WireFormat.PAGE_BYTES;
    }

    /**
     * Counts a piece of a file.
     *
     * @throws IOException if there are too many files
     */
    public void add(Frame.FileChunk chunk) throws IOException {
        if (files.add(chunk.name()) && files.size() > FILES_MAX) {
            throw new IOException("file '" + chunk.name() + "' is one too many: an image has at most " + FILES_MAX);
        }
        crc.update(chunk.name().getBytes(StandardCharsets.UTF_8));
        place(0, 0, chunk.offset(), chunk.data().readableBytes());
        contents(chunk.data());
        fileBytes += chunk.data().readableBytes();
    }

    /** All so far. */
    public Totals totals() {
        return new Totals(files.size(), fileBytes, pageBytes, crc.getValue());
    }

    private void place(int code, long id, long address, long length) {
        place.clear().put((byte) code).putLong(id).putLong(address).putLong(length);
        crc.update(place.flip());
    }

    private void contents(ByteBuf data) {
        if (data.isReadable()) {
            crc.update(data.nioBuffer());
        }
    }
}
