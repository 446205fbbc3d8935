package norikae.agent.failover;

import java.time.Duration;
import java.util.Optional;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log as the drivers want it: insistent, and without exceptions. Thread-safe. */
public final class LogDesk {

    private static final Logger LOG = LoggerFactory.getLogger(LogDesk.class);
    private static final Duration ONE_TRY = Duration.ofSeconds(3);
    private static final Duration BETWEEN = Duration.ofMillis(200);

    private final ReplicatedLog log;

    public LogDesk(ReplicatedLog log) {
        this.log = log;
    }

    ReplicatedLog log() {
        return log;
    }

    /** One attempt; empty if no answer came. */
    Optional<Outcome> submit(Command command) throws InterruptedException {
        try {
            return Optional.of(log.submit(command, ONE_TRY));
        } catch (LogUnavailableException e) {
            LOG.debug("the log did not answer to {}: {}", command, e.getMessage());
            return Optional.empty();
        }
    }

    /** Asks until there is an answer. */
    public Outcome insist(Command command) throws InterruptedException {
        while (true) {
            Optional<Outcome> outcome = submit(command);
            if (outcome.isPresent()) {
                return outcome.get();
            }
            Thread.sleep(BETWEEN);
        }
    }

    /** One attempt. */
    void yieldLeadership(NodeId to) throws InterruptedException {
        try {
            log.transferLeadership(to, ONE_TRY);
            LOG.info("node {} leads the log now", to);
        } catch (LogUnavailableException e) {
            LOG.info("node {} does not lead the log yet: {}", to, e.getMessage());
        }
    }

    /** Reads with certainty, however long that takes. */
    public ClusterState insistOnReading() throws InterruptedException {
        while (true) {
            try {
                return log.read(ONE_TRY);
            } catch (LogUnavailableException e) {
                Thread.sleep(BETWEEN);
            }
        }
    }
}
