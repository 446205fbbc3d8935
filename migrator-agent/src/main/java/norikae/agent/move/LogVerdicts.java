package norikae.agent.move;

import java.util.Optional;
import norikae.failover.log.ClusterLog;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets answers out of the log where a guess could run a service twice: it asks until there is one. Thread-safe. Ends
 * without one only when its thread is interrupted, which happens when the agent stops.
 */
final class LogVerdicts {

    private static final Logger LOG = LoggerFactory.getLogger(LogVerdicts.class);

    /** An election takes about a second; asking more often only makes noise. */
    private static final long RETRY_MILLIS = 200;

    private final ClusterLog log;
    private final MoveSettings settings;

    LogVerdicts(ClusterLog log, MoveSettings settings) {
        this.log = log;
        this.settings = settings;
    }

    /** Writes {@code command} until the log has taken or refused it. */
    Outcome insist(Command command) throws InterruptedException {
        while (true) {
            try {
                return log.submit(command, settings.logPatience());
            } catch (LogUnavailableException e) {
                LOG.info("the log does not answer, asking again: command={} cause=\"{}\"", command, e.getMessage());
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    /** What the log says of a move, with certainty; empty if it does not know it. */
    Optional<MoveRecord> move(MoveId id) throws InterruptedException {
        return state().move(id);
    }

    /** All that the log says, with certainty. */
    ClusterState state() throws InterruptedException {
        while (true) {
            try {
                return log.read(settings.logPatience());
            } catch (LogUnavailableException e) {
                LOG.info("the log does not answer, asking again: cause=\"{}\"", e.getMessage());
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }
}
