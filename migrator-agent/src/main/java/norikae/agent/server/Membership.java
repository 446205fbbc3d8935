package norikae.agent.server;

import io.grpc.Status;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
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
import norikae.agent.security.ClusterAuthority;
import norikae.agent.security.JoinTicket;
import norikae.agent.security.SigningRequest;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.log.ratis.Peer;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.transfer.PeerIdentity.Role;

/** Who belongs to the cluster: join tokens, certificates, votes. Thread-safe. */
public final class Membership {

    private static final Duration ADMISSION_PATIENCE = Duration.ofSeconds(12);

    private static final int TOKEN_SECONDS_DEFAULT = 3_600;
    private static final int TOKEN_SECONDS_MAX = 7 * 24 * 3_600;
    private static final int CERTIFICATE_DAYS_DEFAULT = 365;
    private static final int CERTIFICATE_DAYS_MAX = 3 * 365;

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

    IssueJoinTokenReply issueToken(IssueJoinTokenRequest request) {
        int seconds = request.getValidSeconds() == 0 ? TOKEN_SECONDS_DEFAULT : request.getValidSeconds();
        if (seconds < 0 || seconds > TOKEN_SECONDS_MAX) {
            throw new ApiException(
                    Status.Code.INVALID_ARGUMENT,
                    "a validity of " + seconds + " s is out of range: use 1 to " + TOKEN_SECONDS_MAX);
        }
        JoinTicket ticket = JoinTicket.issue(
                authority(), config.address() + ":" + config.controlPort(), Duration.ofSeconds(seconds));
        log.write(new Command.IssueToken(ticket.id(), ticket.expiresAt().toEpochMilli(), System.currentTimeMillis()));
        return IssueJoinTokenReply.newBuilder()
                .setToken(ticket.encode())
                .setExpiresAtMillis(ticket.expiresAt().toEpochMilli())
                .build();
    }

    /** @param callerName whose certificate the request came with: the ticket's id */
    JoinReply join(JoinRequest request, String callerName) {
        if (!callerName.equals(request.getTokenId())) {
            throw new ApiException(Status.Code.PERMISSION_DENIED, "the join token is not the one of the certificate");
        }
        NodeRecord node = SpecMessages.fromMessage(request.getMember());
        ClusterAuthority authority = authority();
        if (log.read().node(node.id()).isPresent()) {
            throw new ApiException(
                    Status.Code.ALREADY_EXISTS,
                    "node " + node.id()
                            + " is a member already: choose another name, or 'norikae node remove' it first");
        }
        X509Certificate certificate;
        try {
            certificate = authority.issue(
                    SigningRequest.parse(request.getSigningRequestPem()),
                    node.id().value(),
                    Role.NODE,
                    List.of(node.address()),
                    ClusterAuthority.NODE_VALIDITY);
        } catch (IOException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
        log.write(new Command.SpendToken(request.getTokenId(), System.currentTimeMillis()));
        // Known from here on, so that a second node cannot take the name or the address while the first one starts.
        log.write(new Command.AddNode(node, System.currentTimeMillis()));
        JoinReply.Builder reply = JoinReply.newBuilder()
                .setCluster(config.cluster())
                .setCertificatePem(ClusterAuthority.pem(certificate))
                .setAuthorityPem(authority.certificatePem());
        log.read().nodes().values().forEach(member -> reply.addMembers(SpecMessages.toMessage(member)));
        return reply.build();
    }

    IssueCertificateReply issueCertificate(IssueCertificateRequest request) {
        Role role =
                switch (request.getRole()) {
                    case "operator" -> Role.OPERATOR;
                    case "viewer" -> Role.VIEWER;
                    default ->
                        throw new ApiException(
                                Status.Code.INVALID_ARGUMENT,
                                "role '" + request.getRole() + "' cannot be given out: use operator or viewer");
                };
        int days = request.getValidDays() == 0 ? CERTIFICATE_DAYS_DEFAULT : request.getValidDays();
        if (days < 0 || days > CERTIFICATE_DAYS_MAX) {
            throw new ApiException(
                    Status.Code.INVALID_ARGUMENT,
                    "a validity of " + days + " days is out of range: use 1 to " + CERTIFICATE_DAYS_MAX);
        }
        ClusterAuthority authority = authority();
        try {
            X509Certificate certificate = authority.issue(
                    SigningRequest.parse(request.getSigningRequestPem()),
                    request.getName(),
                    role,
                    List.of(),
                    Duration.ofDays(days));
            return IssueCertificateReply.newBuilder()
                    .setCertificatePem(ClusterAuthority.pem(certificate))
                    .setAuthorityPem(authority.certificatePem())
                    .build();
        } catch (IOException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    /** The authority's key lives on one node only; the message of its absence says which. */
    private ClusterAuthority authority() {
        try {
            return ClusterAuthority.load(directories.pki(), InstantSource.system());
        } catch (IOException e) {
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
        }
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
