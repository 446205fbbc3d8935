package norikae.failover.log.ratis;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.Outcome;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Feeds the committed commands, in order, to {@link ClusterState#apply}. All changes happen on the one thread of Ratis
 * that applies entries; {@link #known} may be read from anywhere.
 *
 * <p>An entry that this program cannot read or apply stops it for good and is reported: skipping it would make this
 * voter's state differ from the others' without anyone noticing. To keep such entries out in the first place, the leader
 * tries every command before it lets it into the log.
 */
final class ClusterStateMachine extends BaseStateMachine {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterStateMachine.class);

    /** @param index of the last entry that had a say in {@code state}; -1 when there was none */
    record Known(long index, ClusterState state) {}

    private static final Outcome DONE = new Outcome.Accepted(Epoch.FIRST);

    private final Object progress = new Object();
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private final SnapshotFiles snapshots = new SnapshotFiles(storage);
    private final Runnable onChange;
    private final Consumer<String> onFailure;
    private final Consumer<RaftPeerId> onSilentVoter;
    private volatile Known known = new Known(-1, ClusterState.EMPTY);

    ClusterStateMachine(Runnable onChange, Consumer<String> onFailure, Consumer<RaftPeerId> onSilentVoter) {
        this.onChange = onChange;
        this.onFailure = onFailure;
        this.onSilentVoter = onSilentVoter;
    }

    Known known() {
        return known;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage) throws IOException {
        getLifeCycle().startAndTransition(() -> {
            super.initialize(server, group, raftStorage);
            storage.init(raftStorage);
            load();
        });
    }

    /** Ratis is about to put a snapshot of the leader's in place. */
    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        load();
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
        onChange.run();
    }

    private void load() throws IOException {
        SingleFileSnapshotInfo newest = snapshots.newest();
        if (newest == null) {
            return;
        }
        try {
            known = new Known(newest.getIndex(), snapshots.read(newest));
        } catch (IOException e) {
            fail(String.valueOf(e.getMessage()), e);
            throw e;
        }
        setLastAppliedTermIndex(newest.getTermIndex());
        synchronized (progress) {
            progress.notifyAll();
        }
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex at = getLastAppliedTermIndex();
        if (at == null || at.getIndex() < 0) {
            return RaftLog.INVALID_LOG_INDEX;
        }
        snapshots.write(at, known.state());
        return at.getIndex();
    }

    /** On the leader, before the command becomes an entry. */
    @Override
    public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
        TransactionContext transaction = TransactionContext.newBuilder()
                .setStateMachine(this)
                .setClientRequest(request)
                .build();
        try {
            Command command =
                    LogCodec.decodeEntry(request.getMessage().getContent().toByteArray());
            if (command != null) {
                known.state().apply(command);
            }
        } catch (IOException | RuntimeException e) {
            transaction.setException(new IOException("the cluster's log does not take this command: " + reason(e)));
        }
        return transaction;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        Outcome outcome = DONE;
        try {
            byte[] bytes = entry.getStateMachineLogEntry().getLogData().toByteArray();
            Command command = LogCodec.decodeEntry(bytes);
            if (command != null) {
                ClusterState.Applied applied = known.state().apply(command);
                outcome = applied.outcome();
                known = new Known(entry.getIndex(), applied.state());
                onChange.run();
            }
        } catch (IOException | RuntimeException e) {
            String message = "entry " + entry.getIndex() + " of the cluster's log cannot be applied: " + reason(e)
                    + "; this node has stopped following the log, so as not to differ from the others unnoticed";
            fail(message, e);
            throw new IllegalStateException(message, e); // thrown, not returned: only so does Ratis stop
        }
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(message(LogCodec.encode(outcome)));
    }

    /** Tells those who wait for an entry. */
    @Override
    protected boolean updateLastAppliedTermIndex(TermIndex newTermIndex) {
        boolean updated = super.updateLastAppliedTermIndex(newTermIndex);
        synchronized (progress) {
            progress.notifyAll();
        }
        return updated;
    }

    /** Waits until entry {@code index} is applied here; {@code false} if that takes longer than {@code millis}. */
    boolean awaitApplied(long index, long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        synchronized (progress) {
            while (applied() < index) {
                long rest = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (rest <= 0) {
                    return false;
                }
                progress.wait(rest);
            }
        }
        return true;
    }

    private long applied() {
        TermIndex last = getLastAppliedTermIndex();
        return last == null ? -1 : last.getIndex();
    }

    @Override
    public CompletableFuture<Message> query(Message request) {
        try {
            LogCodec.Question question =
                    LogCodec.decodeQuestion(request.getContent().toByteArray());
            long applied = applied(); // before the state, which may only be newer
            Known now = known;
            List<Peer> voters =
                    Peers.voters(getServer().join().getDivision(getGroupId()).getRaftConf());
            LogCodec.Answer answer = new LogCodec.Answer(
                    applied, now.index(), voters, now.index() > question.known() ? now.state() : null);
            return CompletableFuture.completedFuture(message(LogCodec.encode(answer)));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(new StateMachineException(String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        onChange.run();
    }

    /** On the leader, at each heartbeat that a follower misses after a while. */
    @Override
    public void notifyFollowerSlowness(RoleInfoProto leader, RaftPeer slowFollower) {
        onSilentVoter.accept(slowFollower.getId());
    }

    /**
     * At each election that this voter calls after a while without a leader. It may be that nobody answers because gRPC waits
     * ever longer before it tries the address of a machine again that was off.
     */
    @Override
    public void notifyExtendedNoLeader(RoleInfoProto candidate) {
        try {
            RaftServer server = getServer().join();
            for (RaftPeer voter : server.getDivision(getGroupId()).getRaftConf().getAllPeers()) {
                if (!voter.getId().equals(server.getId())) {
                    onSilentVoter.accept(voter.getId());
                }
            }
        } catch (IOException e) {
            LOG.debug("the voters are not known: {}", e.getMessage());
        }
    }

    /** The disk is full or broken. Ratis writes nothing more until it is started again. */
    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        fail(
                "the cluster's log cannot be written here: " + reason(cause)
                        + "; make room or repair the disk, then restart this node's agent",
                cause);
    }

    private void fail(String message, Throwable cause) {
        LOG.error(message, cause);
        onFailure.accept(message);
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static Message message(byte[] bytes) {
        return Message.valueOf(ByteString.copyFrom(bytes));
    }
}
