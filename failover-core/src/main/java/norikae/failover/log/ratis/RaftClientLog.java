package norikae.failover.log.ratis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The log for a member that does not vote: it keeps nothing on disk and learns of changes only by {@link #read}, which costs an entry of the log.
 * Thread-safe.
 */
public final class RaftClientLog implements ReplicatedLog {

    private final RaftCaller caller;
    private final ChangeListeners listeners;
    private final LastRead lastRead = new LastRead();

    private RaftClientLog(RaftCaller caller, ChangeListeners listeners) {
        this.caller = caller;
        this.listeners = listeners;
    }

    /**
     * Asks nobody yet.
     *
     * @param voters some of the voters; the rest is learnt from them
     * @throws IOException the TLS files cannot be used
     */
    public static RaftClientLog connect(NodeId self, TlsFiles tls, List<Peer> voters) throws IOException {
        if (voters.isEmpty()) {
            throw new IllegalArgumentException("node " + self + " knows no voter of its cluster: name at least one");
        }
        return new RaftClientLog(new RaftCaller(RaftTls.load(tls), voters), new ChangeListeners(self.value()));
    }

    @Override
    public Outcome submit(Command command, Duration patience) throws LogUnavailableException, InterruptedException {
        return caller.submit(LogCodec.encode(command), Deadline.in(patience));
    }

    @Override
    public ClusterState read(Duration patience) throws LogUnavailableException, InterruptedException {
        return lastRead.refresh(caller, listeners, Deadline.in(patience));
    }

    @Override
    public ClusterState latestKnown() {
        return lastRead.state();
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void addVoter(Peer peer, Duration patience) throws LogUnavailableException, InterruptedException {
        caller.addVoter(peer, Deadline.in(patience));
    }

    @Override
    public void transferLeadership(NodeId to, Duration patience) throws LogUnavailableException, InterruptedException {
        caller.transferLeadership(to, Deadline.in(patience));
    }

    @Override
    public void removeVoter(NodeId id, Duration patience) throws LogUnavailableException, InterruptedException {
        caller.removeVoter(id, Deadline.in(patience));
    }

    @Override
    public Optional<NodeId> leader() {
        return caller.leader();
    }

    @Override
    public List<Peer> voters() {
        return caller.voters();
    }

    @Override
    public void close() {
        caller.close();
        listeners.close();
    }

    /** The newest state that came over the network; two reads at once never set it back. Thread-safe. */
    static final class LastRead {

        private long index = -1; // guarded by this
        private ClusterState state = ClusterState.EMPTY; // guarded by this

        synchronized ClusterState state() {
            return state;
        }

        private synchronized long index() {
            return index;
        }

        ClusterState refresh(RaftCaller caller, ChangeListeners listeners, Deadline deadline)
                throws LogUnavailableException, InterruptedException {
            LogCodec.Answer answer = caller.read(index(), deadline);
            if (take(answer.index(), answer.state())) {
                listeners.changed();
            }
            return state();
        }

        private synchronized boolean take(long newIndex, @Nullable ClusterState newState) {
            if (newState == null || newIndex <= index) {
                return false;
            }
            index = newIndex;
            state = newState;
            return true;
        }
    }
}
