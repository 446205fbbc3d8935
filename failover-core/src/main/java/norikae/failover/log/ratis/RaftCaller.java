package norikae.failover.log.ratis;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.log.ratis.LogCodec.Answer;
import norikae.failover.log.ratis.LogCodec.Question;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.RaftException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the leader and asks it, again and again until patience ends. Thread-safe.
 *
 * <p>Ratis has a client of its own; this one takes its place because that one neither knows a deadline nor gives the same
 * call id to a call that it has to begin anew, and the voters recognise a repeated submission by that id.
 */
final class RaftCaller implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RaftCaller.class);
    private static final long PAUSE_MILLIS = 30; // between attempts; an election takes some hundreds
    private static final long RECONFIGURATION_PAUSE_MILLIS = 100; // a new voter has to catch up first

    private final ClientId client = ClientId.randomId();
    private final RaftGroupId group;
    private final RaftClientRpc rpc;
    private final Connections connections;
    private final Supplier<Optional<NodeId>> hint;
    private volatile List<Peer> voters;
    private volatile @Nullable NodeId leader;

    RaftCaller(RaftTls tls, List<Peer> voters) {
        this(tls, voters, Optional::empty);
    }

    /** @param hint whom the voter of this process, if there is one, takes for the leader just now */
    RaftCaller(RaftTls tls, List<Peer> voters, Supplier<Optional<NodeId>> hint) {
        this.hint = hint;
        this.group = tls.group();
        this.voters = List.copyOf(voters);
        this.rpc = new GrpcFactory(tls.parameters()).newRaftClientRpc(client, RaftTuning.forClient());
        rpc.addRaftPeers(Peers.toRatis(voters));
        this.connections = new Connections(rpc);
    }

    List<Peer> voters() {
        return voters;
    }

    Optional<NodeId> leader() {
        return Optional.ofNullable(leader);
    }

    /** Learns who votes now; an empty list teaches nothing. */
    void learn(Collection<Peer> newVoters) {
        if (!newVoters.isEmpty()) {
            rpc.addRaftPeers(Peers.toRatis(newVoters));
            voters = List.copyOf(newVoters);
        }
    }

    Outcome submit(byte[] command, Deadline deadline) throws LogUnavailableException, InterruptedException {
        RaftClientReply reply = write(command, deadline);
        try {
            return LogCodec.decodeOutcome(reply.getMessage().getContent().toByteArray());
        } catch (IOException e) {
            throw new LogUnavailableException("the log's answer cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * A place in the log behind everything that was accepted before this call.
     *
     * <p>It costs an entry. Ratis' own linearizable read does not: but its leader answers without asking the others when
     * it has proved its leadership for the same place in the log at any time before. A leader that was suspended, and
     * replaced meanwhile, would so answer with the old state.
     */
    long barrier(Deadline deadline) throws LogUnavailableException, InterruptedException {
        return write(LogCodec.barrier(), deadline).getLogIndex();
    }

    private RaftClientReply write(byte[] entry, Deadline deadline)
            throws LogUnavailableException, InterruptedException {
        long call = CallId.getAndIncrement(); // one for all attempts
        Message message = message(entry);
        return callUnconditionally(
                (target, millis) -> request(target, call, message, RaftClientRequest.writeRequestType(), millis),
                deadline);
    }

    /** The state after everything that was accepted before this call, unless it is that of entry {@code known}. */
    Answer read(long known, Deadline deadline) throws LogUnavailableException, InterruptedException {
        return readFrom(barrier(deadline), known, deadline);
    }

    /** The state of a voter that has applied the entry at {@code place}, unless it is that of entry {@code known}. */
    Answer readFrom(long place, long known, Deadline deadline) throws LogUnavailableException, InterruptedException {
        while (true) {
            Answer answer = ask(new Question(known), deadline);
            if (answer.applied() >= place) {
                return answer;
            }
            deadline.pause(PAUSE_MILLIS);
        }
    }

    /** What the voter that takes itself for the leader knows. */
    private Answer ask(Question question, Deadline deadline) throws LogUnavailableException, InterruptedException {
        long call = CallId.getAndIncrement();
        Message message = message(LogCodec.encode(question));
        RaftClientReply reply = callUnconditionally(
                (target, millis) -> request(target, call, message, RaftClientRequest.readRequestType(), millis),
                deadline);
        try {
            Answer answer =
                    LogCodec.decodeAnswer(reply.getMessage().getContent().toByteArray());
            learn(answer.voters());
            return answer;
        } catch (IOException e) {
            throw new LogUnavailableException("the log's answer cannot be read: " + e.getMessage(), e);
        }
    }

    /** Returns when {@code to} leads, or will not. */
    void transferLeadership(NodeId to, Deadline deadline) throws LogUnavailableException, InterruptedException {
        long call = CallId.getAndIncrement();
        var _ = callUnconditionally(
                (target, millis) -> new TransferLeadershipRequest(client, target, group, call, Peers.id(to), millis),
                deadline);
    }

    void addVoter(Peer peer, Deadline deadline) throws LogUnavailableException, InterruptedException {
        reconfigure(
                SetConfigurationRequest.Arguments.newBuilder()
                        .setServersInNewConf(List.of(Peers.toRatis(peer)))
                        .setMode(SetConfigurationRequest.Mode.ADD)
                        .build(),
                "voter " + peer + " was not admitted",
                deadline);
        read(Long.MAX_VALUE, deadline); // learns who votes now
    }

    void removeVoter(NodeId id, Deadline deadline) throws LogUnavailableException, InterruptedException {
        while (true) {
            List<Peer> now = read(Long.MAX_VALUE, deadline).voters();
            List<Peer> rest = now.stream().filter(v -> !v.id().equals(id)).toList();
            if (rest.size() == now.size()) {
                return;
            }
            if (rest.isEmpty()) {
                throw new IllegalArgumentException(
                        "node " + id + " is the only voter of the cluster and cannot be removed");
            }
            SetConfigurationRequest.Arguments arguments = SetConfigurationRequest.Arguments.newBuilder()
                    .setServersInCurrentConf(Peers.toRatis(now))
                    .setServersInNewConf(Peers.toRatis(rest))
                    .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                    .build();
            reconfigure(arguments, "voter " + id + " was not removed", deadline);
        }
    }

    /** Returns also when the voters were others than {@code arguments} supposed: the caller looks again. */
    private void reconfigure(SetConfigurationRequest.Arguments arguments, String problem, Deadline deadline)
            throws LogUnavailableException, InterruptedException {
        long call = CallId.getAndIncrement();
        try {
            call((target, millis) -> new SetConfigurationRequest(client, target, group, call, arguments), deadline);
        } catch (SetConfigurationException e) {
            if (arguments.getMode() != SetConfigurationRequest.Mode.COMPARE_AND_SET) {
                throw new LogUnavailableException(problem + ": " + e.getMessage(), e);
            }
        } catch (LogUnavailableException e) {
            throw new LogUnavailableException(problem + ": " + e.getMessage(), e);
        }
    }

    private RaftClientReply callUnconditionally(Attempt attempt, Deadline deadline)
            throws LogUnavailableException, InterruptedException {
        try {
            return call(attempt, deadline);
        } catch (SetConfigurationException e) {
            throw new LogUnavailableException(String.valueOf(e.getMessage()), e);
        }
    }

    /** One try at one voter. */
    private interface Attempt {
        RaftClientRequest at(RaftPeerId target, long millis);
    }

    private RaftClientReply call(Attempt attempt, Deadline deadline)
            throws LogUnavailableException, SetConfigurationException, InterruptedException {
        String problem = "no voter is known";
        @Nullable Exception last = null;
        // Who led last may be dead, and a dead voter costs a whole attempt; the voter in this process knows sooner.
        NodeId target = hint.get().orElse(leader);
        int attemptMillis = RaftTuning.ATTEMPT_MILLIS;
        while (!deadline.passed()) {
            List<Peer> now = voters;
            if (target == null) {
                target = now.isEmpty() ? null : now.getFirst().id();
                if (target == null) {
                    break;
                }
            }
            long millis = Math.clamp(deadline.remainingMillis(), 1, attemptMillis);
            try {
                RaftClientReply reply = rpc.sendRequest(attempt.at(Peers.id(target), millis));
                if (reply.getException() != null) {
                    throw reply.getException();
                }
                leader = target;
                connections.works(target);
                return reply;
            } catch (LeaderNotReadyException e) {
                last = e;
                problem = target + " is not ready to lead yet";
                deadline.pause(PAUSE_MILLIS);
            } catch (ReconfigurationInProgressException e) {
                last = e;
                problem = target + " is still admitting or removing a voter";
                deadline.pause(RECONFIGURATION_PAUSE_MILLIS);
            } catch (NotLeaderException e) {
                last = e;
                problem = target + " knows no leader";
                learn(peersOf(e));
                RaftPeer suggested = e.getSuggestedLeader();
                NodeId next =
                        suggested == null ? null : new NodeId(suggested.getId().toString());
                if (next == null || next.equals(target)) {
                    target = after(target);
                    deadline.pause(PAUSE_MILLIS);
                } else {
                    problem = target + " takes " + next + " for the leader";
                    target = next;
                }
            } catch (StateMachineException e) {
                // From the leader, before the command went anywhere. Its own text follows Ratis' prefix.
                throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
            } catch (SetConfigurationException e) {
                throw e;
            } catch (RaftException e) {
                last = e;
                problem = target + ": " + e.getMessage();
                target = after(target);
                deadline.pause(PAUSE_MILLIS);
            } catch (InterruptedIOException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while asking the cluster's log");
                }
                throw new LogUnavailableException("asking the cluster's log was broken off", e);
            } catch (IOException e) {
                last = e;
                problem = target + " does not answer: " + e.getMessage();
                attemptMillis = Math.min(2 * attemptMillis, RaftTuning.ATTEMPT_MILLIS_MAX);
                connections.failed(target, e);
                target = after(target);
                deadline.pause(PAUSE_MILLIS);
            }
        }
        throw new LogUnavailableException(
                "no answer from the cluster's log within " + deadline + " (voters " + voters + "); last, " + problem,
                last == null ? new IOException(problem) : last);
    }

    private static List<Peer> peersOf(NotLeaderException e) {
        return e.getPeers() == null ? List.of() : Peers.fromRatis(e.getPeers());
    }

    private NodeId after(NodeId target) {
        List<Peer> now = voters;
        for (int i = 0; i < now.size(); i++) {
            if (now.get(i).id().equals(target)) {
                return now.get((i + 1) % now.size()).id();
            }
        }
        return now.isEmpty() ? target : now.getFirst().id();
    }

    private RaftClientRequest request(
            RaftPeerId target, long call, Message message, RaftClientRequest.Type type, long millis) {
        return RaftClientRequest.newBuilder()
                .setClientId(client)
                .setLeaderId(target)
                .setGroupId(group)
                .setCallId(call)
                .setMessage(message)
                .setType(type)
                .setTimeoutMs(millis)
                .build();
    }

    private static Message message(byte[] bytes) {
        return Message.valueOf(ByteString.copyFrom(bytes));
    }

    @Override
    public void close() {
        try {
            rpc.close();
        } catch (IOException e) {
            LOG.debug("closing the log's connections failed", e);
        }
    }
}
