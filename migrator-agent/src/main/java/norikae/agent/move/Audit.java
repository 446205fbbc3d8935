package norikae.agent.move;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import norikae.agent.capsule.Capsule;
import norikae.transfer.ImageStream;
import norikae.transfer.memory.MemoryAudit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares memory across a move where {@link MoveSettings#audit} asks for it; tests look for its words in the log. */
final class Audit {

    /** Named like an image, so that it travels with them; CRIU does not look at it. */
    private static final String FILE = "memory-audit.img";

    private static final Logger LOG = LoggerFactory.getLogger(Audit.class);
    private static final int PIECE_BYTES = 256 << 10;
    private static final int TOLD_MAX = 200;

    private Audit() {}

    /** On the source, where the tree stands frozen. */
    static void send(Capsule capsule, ImageStream out) throws IOException {
        ByteBuffer audit = MemoryAudit.of(Members.of(capsule.cgroup()));
        for (int at = 0; at < audit.limit(); at += PIECE_BYTES) {
            out.file(FILE, at, audit.slice(at, Math.min(PIECE_BYTES, audit.limit() - at)));
        }
    }

    /** On the target, where the tree is rebuilt, has all of its memory and stands frozen. */
    static void compare(Capsule capsule, Path images) {
        try {
            ByteBuffer audit = ByteBuffer.wrap(Files.readAllBytes(images.resolve(FILE)));
            List<String> differences = MemoryAudit.differences(audit, Members.of(capsule.cgroup()));
            LOG.info(
                    "service={} audit: {} pages, {} differ {}",
                    capsule.service(),
                    audit.limit() / MemoryAudit.RECORD_BYTES,
                    differences.size(),
                    differences.subList(0, Math.min(differences.size(), TOLD_MAX)));
        } catch (IOException e) {
            LOG.error("service={} audit failed: {}", capsule.service(), e.getMessage());
        }
    }
}
