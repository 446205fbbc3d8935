package norikae.agent.peer;

import io.grpc.Status;
import java.time.Duration;
import norikae.failover.log.ClusterLog;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.Outcome;

/** The log as the API's handlers want it: refusals and outages as {@link ApiException}. Thread-safe. */
public final class LogWriter {

    /** Long enough for a new leader, short enough for a person at a terminal. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ClusterLog log;

    public LogWriter(ClusterLog log) {
        this.log = log;
    }

    public ClusterLog log() {
        return log;
    }

    /** Writes, and returns the epoch of the answer. */
    public Epoch write(Command command) {
        return switch (submit(command)) {
            case Outcome.Accepted accepted -> accepted.epoch();
            case Outcome.Refused refused -> throw ApiException.from(refused);
        };
    }

    private Outcome submit(Command command) {
        try {
            return log.submit(command, PATIENCE);
        } catch (LogUnavailableException e) {
            throw ApiException.from(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    public ClusterState read() {
        try {
            return log.read(PATIENCE);
        } catch (LogUnavailableException e) {
            throw ApiException.from(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static ApiException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
    }
}
