package norikae.agent.move;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.EmptyCapsule;
import norikae.linux.FrameKeeper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames that came for a service while it could not take them. The source keeps what comes from the moment when it
 * takes the link away, and sends it as the last file of the image; the target draws the frames to itself and keeps what
 * comes until the service runs there. Without this a client waits for its retransmission timer, which doubles with each
 * attempt: up to as long again as the service stood still.
 *
 * <p>Losing some of them costs time and nothing else, so no failure here ends a move. Thread-safe.
 */
final class KeptFrames implements AutoCloseable {

    /** Nobody keeps anything. */
    static final KeptFrames NONE = new KeptFrames(null, List.of());

    /** Named like an image, so that it travels with them; CRIU does not look at it. */
    static final String FILE = "kept-frames.img";

    private static final Logger LOG = LoggerFactory.getLogger(KeptFrames.class);

    private @Nullable FrameKeeper keeper;
    private final List<byte[]> taken;

    private KeptFrames(@Nullable FrameKeeper keeper, List<byte[]> earlier) {
        this.keeper = keeper;
        this.taken = new ArrayList<>(earlier);
    }

    private interface Opening {
        FrameKeeper open() throws IOException;
    }

    /** On the source, just before its link is taken away. */
    static KeptFrames of(Capsule capsule) {
        return opened(capsule.service().value(), capsule::keepFrames);
    }

    /** On the target, as soon as the source's link is away. */
    static KeptFrames divertedBy(EmptyCapsule capsule) {
        return opened(capsule.service().value(), capsule::divertFrames);
    }

    private static KeptFrames opened(String service, Opening opening) {
        try {
            return new KeptFrames(opening.open(), List.of());
        } catch (IOException e) {
            LOG.warn("service={} frames that come in its pause are lost: {}", service, e.getMessage());
            return NONE;
        }
    }

    /** These, after those that came with an image. */
    synchronized KeptFrames after(Path images) {
        Path file = images.resolve(FILE);
        try {
            return Files.exists(file)
                    ? new KeptFrames(keeper, decode(ByteBuffer.wrap(Files.readAllBytes(file))))
                    : this;
        } catch (IOException e) {
            LOG.warn("frames that the source had kept are lost: {}", e.getMessage());
            return this;
        }
    }

    private synchronized List<byte[]> soFar() {
        if (keeper != null) {
            taken.addAll(keeper.take());
        }
        return List.copyOf(taken);
    }

    /** Everything so far as the content of {@link #FILE}: for each frame four bytes of length and itself. */
    ByteBuffer encode() {
        List<byte[]> frames = soFar();
        ByteBuffer content = ByteBuffer.allocate(
                frames.stream().mapToInt(frame -> Integer.BYTES + frame.length).sum());
        frames.forEach(frame -> content.putInt(frame.length).put(frame));
        return content.flip();
    }

    static List<byte[]> decode(ByteBuffer content) throws IOException {
        List<byte[]> frames = new ArrayList<>();
        while (content.hasRemaining()) {
            int length = content.remaining() < Integer.BYTES ? -1 : content.getInt();
            if (length < 0 || length > FrameKeeper.FRAME_BYTES_MAX || length > content.remaining()) {
                throw new EOFException(FILE + ": a frame of " + length + " bytes at offset " + content.position()
                        + " of " + content.limit() + ", frames have at most " + FrameKeeper.FRAME_BYTES_MAX);
            }
            byte[] frame = new byte[length];
            content.get(frame);
            frames.add(frame);
        }
        return frames;
    }

    /** Gives the service all that came, in order. */
    void deliverTo(Capsule capsule) {
        List<byte[]> frames = soFar();
        try {
            capsule.deliver(frames);
            LOG.info("service={} {} frames of its pause delivered", capsule.service(), frames.size());
        } catch (IOException e) {
            LOG.warn("service={} frames of its pause are lost: {}", capsule.service(), e.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        if (keeper != null) {
            keeper.close();
            keeper = null;
        }
    }
}
