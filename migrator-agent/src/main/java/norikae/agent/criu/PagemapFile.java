package norikae.agent.criu;

import com.google.protobuf.CodedOutputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import norikae.transfer.PageSpace;

/**
 * Writes a pagemap image: which pages follow each other in {@code pages-N.img}. Confined to one thread.
 *
 * <pre>
 *   u32 0x54564319 (an image)   u32 0x56084025 (a pagemap)
 *   { u32 length, protobuf {1: N} }
 *   { u32 length, protobuf {1: address, 2: pages, 4: flags, 5: pages} } …   ascending
 * </pre>
 *
 * <p>The count of pages stands in field 2 for CRIU up to 4.1 and in field 5 for later ones.
 */
final class PagemapFile implements AutoCloseable {

    private static final int IMAGE_MAGIC = 0x54564319;
    private static final int PAGEMAP_MAGIC = 0x56084025;
    private static final int PRESENT = 4;

    /** So that the count fits into field 2, and into CRIU's arithmetic. */
    private static final long RUN_PAGES_MAX = 1 << 20;

    private final OutputStream out;
    private long runAddress;
    private long runPages;

    PagemapFile(Path directory, PageSpace space, int pagesId) throws IOException {
        out = new BufferedOutputStream(
                Files.newOutputStream(directory.resolve(name(space)), StandardOpenOption.CREATE_NEW));
        out.write(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(IMAGE_MAGIC)
                .putInt(PAGEMAP_MAGIC)
                .array());
        record(fields -> fields.writeUInt32(1, pagesId));
    }

    static String name(PageSpace space) {
        return switch (space.kind()) {
            case TASK -> "pagemap-" + space.id() + ".img";
            case STORED -> throw new IllegalArgumentException("pages of " + space + " are in no image");
            case SHARED_MEMORY -> "pagemap-shmem-" + space.id() + ".img";
        };
    }

    static String pagesName(int pagesId) {
        return "pages-" + pagesId + ".img";
    }

    /** Notes pages that come next in the pages file. */
    void add(long address, long pages) throws IOException {
        long end = runAddress + runPages * PageServerProtocol.PAGE_BYTES;
        if (runPages > 0 && Long.compareUnsigned(address, end) < 0) {
            throw new IOException("pages come out of order: address " + Long.toHexString(address) + " after "
                    + Long.toHexString(end));
        }
        if (runPages > 0 && address == end && runPages + pages <= RUN_PAGES_MAX) {
            runPages += pages;
            return;
        }
        flushRun();
        runAddress = address;
        runPages = pages;
    }

    @Override
    public void close() throws IOException {
        try (out) {
            flushRun();
        }
    }

    private void flushRun() throws IOException {
        if (runPages == 0) {
            return;
        }
        record(fields -> {
            fields.writeUInt64(1, runAddress);
            fields.writeUInt32(2, (int) runPages);
            fields.writeUInt32(4, PRESENT);
            fields.writeUInt64(5, runPages);
        });
    }

    private interface Fields {
        void writeTo(CodedOutputStream fields) throws IOException;
    }

    private void record(Fields fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(48);
        CodedOutputStream coded = CodedOutputStream.newInstance(bytes);
        fields.writeTo(coded);
        coded.flush();
        out.write(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes.size())
                .array());
        bytes.writeTo(out);
    }
}
