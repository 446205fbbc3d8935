package norikae.agent.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import norikae.failover.fault.FaultPoint;
import norikae.failover.fault.FaultPoints;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fault points for the laboratory: whoever wants to strike at a point creates {@code NODE.POINT.hold} in a directory
 * that the test and the agent share. An agent that gets there creates {@code NODE.POINT.reached} and waits until the
 * hold is taken away. Only agents that were started with the system property {@code norikae.faults} have it.
 *
 * <p>Thread-safe.
 */
final class FileGates implements FaultPoints {

    private static final Logger LOG = LoggerFactory.getLogger(FileGates.class);
    private static final long LOOK_AGAIN_MILLIS = 5;

    private final Path directory;
    private final String node;

    FileGates(Path directory, String node) {
        this.directory = directory;
        this.node = node;
    }

    static FaultPoints fromSystemProperty(String node) {
        String directory = System.getProperty("norikae.faults");
        return directory == null ? FaultPoints.NONE : new FileGates(Path.of(directory), node);
    }

    @Override
    public void reached(FaultPoint point, String subject) {
        Path hold = directory.resolve(node + "." + point + ".hold");
        if (!Files.exists(hold)) {
            return;
        }
        LOG.warn("held at fault point {} of service {}", point, subject);
        try {
            Files.writeString(directory.resolve(node + "." + point + ".reached"), subject);
            while (Files.exists(hold)) {
                Thread.sleep(LOOK_AGAIN_MILLIS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        LOG.warn("let go at fault point {}", point);
    }
}
