package norikae.failover.log;

import java.time.Duration;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Outcome;

/** The cluster's memory. Thread-safe. */
public interface ClusterLog extends AutoCloseable {

    /**
     * Writes {@code command} and returns the answer once a majority has it. The same submission is never applied twice,
     * however often the transport has to retry it.
     *
     * @throws LogUnavailableException no answer within {@code patience}: the command may or may not take effect, now or
     *     later; whoever needs certainty submits again (all commands allow it) or reads
     */
    Outcome submit(Command command, Duration patience) throws LogUnavailableException, InterruptedException;

    /**
     * The state after everything that was accepted before this call began, on any node.
     *
     * @throws LogUnavailableException no majority answered within {@code patience}
     */
    ClusterState read(Duration patience) throws LogUnavailableException, InterruptedException;

    /** What this node knows just now, at once and without asking anyone; may be old. Never decide ownership on it. */
    ClusterState latestKnown();

    /** Calls {@code listener} after each change that this node learns of, on a thread of the log's: be quick. */
    void onChange(Runnable listener);

    @Override
    void close();
}
