package norikae.agent.server;

import io.grpc.Status;
import java.time.Duration;
import norikae.agent.api.v1.IssueCertificateReply;
import norikae.agent.api.v1.IssueCertificateRequest;
import norikae.agent.api.v1.IssueJoinTokenReply;
import norikae.agent.api.v1.IssueJoinTokenRequest;
import norikae.agent.api.v1.JoinReply;
import norikae.agent.api.v1.JoinRequest;
import norikae.agent.api.v1.Member;
import norikae.agent.api.v1.RemoveNodeReply;
import norikae.agent.api.v1.RemoveNodeRequest;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.SpecMessages;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.log.ratis.Peer;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;

/** Who belongs to the cluster: join tokens, certificates, votes. Thread-safe. */
public final class Membership {

    private static final Duration ADMISSION_PATIENCE = Duration.ofSeconds(12);

    private final AgentConfig config;
    private final AgentDirectories directories;
    private final LogWriter log;
    private final ReplicatedLog raft;

    public Membership(AgentConfig config, AgentDirectories directories, LogWriter log, ReplicatedLog raft) {
        this.config = config;
        this.directories = directories;
        this.log = log;
        this.raft = raft;
    }

    /** The new voter's Raft server is running already; it asks by itself. */
    void admit(Member member) {
        NodeRecord node = SpecMessages.fromMessage(member);
        try {
            raft.addVoter(new Peer(node.id(), node.address(), node.raftPort()), ADMISSION_PATIENCE);
        } catch (LogUnavailableException e) {
            throw ApiException.from(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
        }
        log.write(new Command.AddNode(node, System.currentTimeMillis()));
    }

    RemoveNodeReply remove(RemoveNodeRequest request) {
        NodeId node = new NodeId(request.getNode());
        log.write(new Command.RemoveNode(node, System.currentTimeMillis()));
        try {
            raft.removeVoter(node, ADMISSION_PATIENCE);
        } catch (LogUnavailableException e) {
            throw ApiException.from(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
        }
        return RemoveNodeReply.getDefaultInstance();
    }
}
