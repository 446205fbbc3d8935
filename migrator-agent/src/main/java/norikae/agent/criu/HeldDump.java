package norikae.agent.criu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A dumped tree that stands still, its CRIU waiting to hear what becomes of it. Exactly one of {@link #rollback} and
 * {@link #discard} ends it; later calls do nothing. Thread-safe.
 */
public final class HeldDump {

    /** Beyond every number that the writer of the target gives away. */
    static final int FIRST_EMPTY_PAGES_ID = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(HeldDump.class);

    private final String service;
    private final Path images;
    private final CriuSession session;
    private boolean ended;

    HeldDump(String service, Path images, CriuSession session) {
        this.service = service;
        this.images = images;
        this.session = session;
    }

    public int criuPid() {
        return session.pid();
    }

    /** Whether CRIU still waits. If not, the tree is stopped by signal and otherwise on its own. */
    public boolean alive() {
        return session.alive();
    }

    /** The image files, all but the memory pages that went through the sink; by name. */
    public List<Path> imageFiles() throws IOException {
        try (Stream<Path> files = Files.list(images)) {
            return files.filter(f -> f.getFileName().toString().endsWith(".img"))
                    .sorted()
                    .toList();
        }
    }

    /**
     * CRIU undoes what it did and lets go of the tree, which stays stopped by signal, and frozen if its cgroup is. If CRIU
     * is dead, the kernel has let go already; sockets are then still in repair mode.
     */
    public synchronized void rollback() {
        end("rollback", false);
    }

    /**
     * CRIU kills the tree and ends. If CRIU is dead, nothing is killed: kill the capsule's cgroup as well. Sockets in
     * repair mode die without a word to their peers.
     */
    public synchronized void discard() {
        end("discard", true);
    }

    private void end(String what, boolean goOn) {
        if (ended) {
            return;
        }
        ended = true;
        session.phase(what);
        try {
            session.reply(goOn);
            var _ = session.awaitAnswer();
        } catch (CriuException e) {
            LOG.warn("service={} {} without CRIU: {}", service, what, e.getMessage());
        } finally {
            session.close();
        }
    }
}
