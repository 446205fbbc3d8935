package norikae.agent.criu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import norikae.transfer.PageSpace;

/**
 * One message header of CRIU's page-server protocol, as a dumping CRIU sends it.
 *
 * <pre>
 *   CRIU                                   we
 *   OPEN(space)                       →
 *                                     ←    1 byte: 0, there is no parent image
 *   ADD(space, address, pages), data  →        ascending addresses
 *   …
 *   CLOSE                             →
 *                                     ←    int32: 0, all is well
 * </pre>
 *
 * <p>The header is 24 bytes up to CRIU 4.1 (32-bit count of pages) and 32 bytes since; there is no handshake.
 */
sealed interface PageServerProtocol {

    int PAGE_BYTES = 4096;

    /** More pages in one message than a pipe of CRIU's can hold are no message of CRIU's. */
    long PAGES_MAX = 1 << 20;

    /** Flags of CRIU's page map entries. */
    int LAZY = 2;

    int PRESENT = 4;

    int NARROW_HEADER_BYTES = 24;
    int WIDE_HEADER_BYTES = 32;

    /** A space begins. */
    record Open(PageSpace space) implements PageServerProtocol {}

    /**
     * Pages follow, with their content.
     *
     * @param lazy a restore can do without them: they may come later
     */
    record Add(PageSpace space, long address, long pages, boolean lazy) implements PageServerProtocol {
        long bytes() {
            return pages * PAGE_BYTES;
        }
    }

    /** A mapping that the dump leaves to us; no content follows. Only a CRIU with our patch says so. */
    record Left(PageSpace space, long address, long pages) implements PageServerProtocol {}

    /** That was all. */
    record Close() implements PageServerProtocol {}

    /**
     * Reads one header; {@code header} holds exactly one.
     *
     * @throws ProtocolException if it is none that a dump without a parent image sends
     */
    static PageServerProtocol decode(ByteBuffer header) throws ProtocolException {
        ByteBuffer in = header.order(ByteOrder.LITTLE_ENDIAN);
        boolean wide = in.remaining() == WIDE_HEADER_BYTES;
        int word = in.getInt();
        long pages;
        if (wide) {
            in.getInt(); // padding
            pages = in.getLong();
        } else {
            pages = Integer.toUnsignedLong(in.getInt());
        }
        long address = in.getLong();
        long destination = in.getLong();
        int command = word & 0xffff;
        int flags = word >>> 16;
        return switch (command) {
            case 4 -> new Open(space(destination));
            case 6 -> add(flags, space(destination), address, pages);
            case 0x1023, 0x1024 -> new Close();
            default -> throw new ProtocolException("unknown command " + command);
        };
    }

    private static PageServerProtocol add(int flags, PageSpace space, long address, long pages)
            throws ProtocolException {
        boolean placed = address >= 0 && address % PAGE_BYTES == 0;
        if (flags == LAZY && placed && pages > 0 && pages <= (Long.MAX_VALUE - address) / PAGE_BYTES) {
            return new Left(space, address, pages);
        }
        if ((flags & PRESENT) == 0) {
            throw new ProtocolException("pages without content (flags " + flags + ") at address "
                    + Long.toHexString(address) + ", but there is no parent image");
        }
        if (pages <= 0 || pages > PAGES_MAX) {
            throw new ProtocolException(Long.toUnsignedString(pages) + " pages in one message, at most " + PAGES_MAX);
        }
        if (address < 0 || address % PAGE_BYTES != 0 || address > Long.MAX_VALUE - pages * PAGE_BYTES) {
            throw new ProtocolException("pages at address " + Long.toHexString(address));
        }
        return new Add(space, address, pages, (flags & LAZY) != 0);
    }

    private static PageSpace space(long destination) throws ProtocolException {
        long id = destination >>> 8;
        return switch ((int) (destination & 0xff)) {
            case 1 -> PageSpace.task(id);
            case 2 -> PageSpace.sharedMemory(id);
            default -> throw new ProtocolException("unknown memory space " + Long.toHexString(destination));
        };
    }

    /** What came is not what CRIU sends. */
    final class ProtocolException extends java.io.IOException {
        private static final long serialVersionUID = 1L;

        ProtocolException(String message) {
            super("page server: " + message);
        }
    }
}
