package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;

/**
 * One message of the wire. Frames that come from a {@link FrameReader} own their buffer; whoever takes one calls
 * {@link #release()} once.
 */
public sealed interface Frame {

    /** Source → target: may I send this? */
    record Hello(String moveId, String service, long epoch, String sourceNode) implements Frame {
        public Hello {
            Rules.require("moveId", moveId, Rules.name(moveId));
            Rules.require("service", service, Rules.name(service));
            Rules.require("sourceNode", sourceNode, Rules.name(sourceNode));
        }
    }

    /** Target → source: send. */
    record Welcome() implements Frame {}

    /** Target → source: no. */
    record Refused(RefusalCode code, String message) implements Frame {}

    /** Source → target: pages side by side, from {@code address} on. */
    record Pages(SpaceKind kind, long spaceId, long address, ByteBuf data) implements Frame {
        public Pages {
            Rules.require("address", address, Rules.address(address));
            Rules.require("page bytes", data.readableBytes(), Rules.pageBytes(address, data.readableBytes()));
        }

        @Override
        public void release() {
            data.release();
        }
    }

    /** Source → target: {@code count} pages of zeros, from {@code address} on. */
    record ZeroPages(SpaceKind kind, long spaceId, long address, long count) implements Frame {
        public ZeroPages {
            Rules.require("address", address, Rules.address(address));
            Rules.require("count", count, Rules.zeroPages(address, count));
        }
    }

    /** Source → target: a piece of a file; an empty one at 0 makes an empty file. */
    record FileChunk(String name, long offset, ByteBuf data) implements Frame {
        public FileChunk {
            Rules.require("file name", name, Rules.fileName(name));
            Rules.require("file offset", offset, Rules.fileOffset(offset));
        }

        @Override
        public void release() {
            data.release();
        }
    }

    /** Source → target: the service stands still; what comes from here on is waited for. */
    record Frozen() implements Frame {}

    /** Source → target: all files are there, and all pages that are not for the page store. */
    record FilesComplete() implements Frame {}

    /** Source → target: that was all, and this is what I counted. */
    record ImagesComplete(Totals totals) implements Frame {}

    /** Target → source: it is all here, and I counted the same. */
    record Received(Totals totals) implements Frame {}

    /** Target → source: I cannot take it. */
    record Failed(String message) implements Frame {}

    /** Source → target: forget it. */
    record Abort(String reason) implements Frame {}

    /** Gives back the frame's buffer, if it has one. */
    default void release() {}

    /** The type that this frame has on the wire. */
    default FrameType type() {
        return switch (this) {
            case Hello _ -> FrameType.HELLO;
            case Welcome _ -> FrameType.WELCOME;
            case Refused _ -> FrameType.REFUSED;
            case Pages _ -> FrameType.PAGES;
            case ZeroPages _ -> FrameType.ZERO_PAGES;
            case FileChunk _ -> FrameType.FILE_CHUNK;
            case Frozen _ -> FrameType.FROZEN;
            case FilesComplete _ -> FrameType.FILES_COMPLETE;
            case ImagesComplete _ -> FrameType.IMAGES_COMPLETE;
            case Received _ -> FrameType.RECEIVED;
            case Failed _ -> FrameType.FAILED;
            case Abort _ -> FrameType.ABORT;
        };
    }
}
