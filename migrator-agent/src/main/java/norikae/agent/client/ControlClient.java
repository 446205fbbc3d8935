package norikae.agent.client;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import norikae.agent.api.v1.AttachVolumeReply;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.CancelMoveRequest;
import norikae.agent.api.v1.CheckFencingReply;
import norikae.agent.api.v1.CheckFencingRequest;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.ConfirmOffReply;
import norikae.agent.api.v1.ConfirmOffRequest;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.DemoteVolumeRequest;
import norikae.agent.api.v1.DetachVolumeReply;
import norikae.agent.api.v1.DetachVolumeRequest;
import norikae.agent.api.v1.DrainNodeRequest;
import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.FailOverServiceReply;
import norikae.agent.api.v1.FailOverServiceRequest;
import norikae.agent.api.v1.FailoverSettings;
import norikae.agent.api.v1.FenceNodeReply;
import norikae.agent.api.v1.FenceNodeRequest;
import norikae.agent.api.v1.GetFailoverRequest;
import norikae.agent.api.v1.GetStatusRequest;
import norikae.agent.api.v1.IssueCertificateReply;
import norikae.agent.api.v1.IssueCertificateRequest;
import norikae.agent.api.v1.IssueJoinTokenReply;
import norikae.agent.api.v1.IssueJoinTokenRequest;
import norikae.agent.api.v1.JoinReply;
import norikae.agent.api.v1.JoinRequest;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.ListVolumesRequest;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.NodeReports;
import norikae.agent.api.v1.NodeReportsRequest;
import norikae.agent.api.v1.PromoteVolumeRequest;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.api.v1.RemoveNodeReply;
import norikae.agent.api.v1.RemoveNodeRequest;
import norikae.agent.api.v1.RemoveVolumeReply;
import norikae.agent.api.v1.RemoveVolumeRequest;
import norikae.agent.api.v1.ResizeVolumeRequest;
import norikae.agent.api.v1.ResyncVolumeRequest;
import norikae.agent.api.v1.RunServiceReply;
import norikae.agent.api.v1.RunServiceRequest;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.SetFailoverRequest;
import norikae.agent.api.v1.SetMaintenanceReply;
import norikae.agent.api.v1.SetMaintenanceRequest;
import norikae.agent.api.v1.StopServiceReply;
import norikae.agent.api.v1.StopServiceRequest;
import norikae.agent.api.v1.StopVerifyVolumeReply;
import norikae.agent.api.v1.StopVerifyVolumeRequest;
import norikae.agent.api.v1.VerifyVolumeReply;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlException.Kind;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfig.Member;
import org.jspecify.annotations.Nullable;

/**
 * The control API, blocking. Members are asked in the order of the configuration until one answers; the one that did
 * is asked first from then on. Every method throws {@link ControlException}. Thread-safe.
 */
public final class ControlClient implements AutoCloseable {

    private static final Duration GLANCE = Duration.ofMillis(250);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15); // an election and then some

    private final List<Member> members;
    private final GrpcWeb calls;
    private volatile int preferred;
    private volatile boolean answered;

    private ControlClient(List<Member> members, GrpcWeb calls) {
        this.members = members;
        this.calls = calls;
    }

    /**
     * Makes a client; connects only when it is used.
     *
     * @throws ControlException of kind {@link Kind#INVALID} if a certificate or key cannot be read
     */
    public static ControlClient open(ClientConfig config) {
        return new ControlClient(config.members(), new GrpcWeb(PemFiles.context(config)));
    }

    /** @param service {@code null} for everything */
    public ClusterStatus status(@Nullable String service) {
        return ask("GetStatus", statusOf(service), ClusterStatus.parser(), ANSWER_TIMEOUT);
    }

    /** A new status whenever something changes, without end. */
    public Subscription<ClusterStatus> watchStatus(@Nullable String service) {
        return subscribe("WatchStatus", statusOf(service), ClusterStatus.parser());
    }

    public Subscription<Event> events(ListEventsRequest request) {
        return subscribe("ListEvents", request, Event.parser());
    }

    public Subscription<LogChunk> logs(ReadLogsRequest request) {
        return subscribe("ReadLogs", request, LogChunk.parser());
    }

    public RunServiceReply run(ServiceSpec spec) {
        RunServiceRequest request = RunServiceRequest.newBuilder().setSpec(spec).build();
        return ask("RunService", request, RunServiceReply.parser(), null);
    }

    public StopServiceReply stop(String service, int graceSeconds) {
        StopServiceRequest request = StopServiceRequest.newBuilder()
                .setService(service)
                .setGraceSeconds(graceSeconds)
                .build();
        return ask("StopService", request, StopServiceReply.parser(), null);
    }

    /** @param to {@code null} to let the cluster choose */
    public CheckReport check(String service, @Nullable String to) {
        return ask("CheckMove", moveOf(service, to), CheckReport.parser(), null);
    }

    /**
     * Moves a service; the last update has the result. Closing the subscription does not end the move:
     * {@link #cancel} does.
     *
     * @param to {@code null} to let the cluster choose
     */
    public Subscription<MoveUpdate> migrate(String service, @Nullable String to) {
        return migrate(moveOf(service, to));
    }

    /** The same, with all that can be said of a move. */
    public Subscription<MoveUpdate> migrate(MoveRequest request) {
        return subscribe("MigrateService", request, MoveUpdate.parser());
    }

    /** Ends a move that has not committed, and returns when it has ended. */
    public CancelMoveReply cancel(String moveId) {
        CancelMoveRequest request =
                CancelMoveRequest.newBuilder().setMoveId(moveId).build();
        return ask("CancelMove", request, CancelMoveReply.parser(), null);
    }

    /** Moves every service of a node; closing the subscription keeps further moves from starting. */
    public Subscription<MoveUpdate> drain(String node) {
        DrainNodeRequest request = DrainNodeRequest.newBuilder().setNode(node).build();
        return subscribe("DrainNode", request, MoveUpdate.parser());
    }

    public FailoverSettings setFailover(SetFailoverRequest request) {
        return ask("SetFailover", request, FailoverSettings.parser(), ANSWER_TIMEOUT);
    }

    public FailoverSettings failover() {
        return ask("GetFailover", GetFailoverRequest.getDefaultInstance(), FailoverSettings.parser(), ANSWER_TIMEOUT);
    }

    /** Stops a service where it is, and returns when it runs elsewhere. */
    public FailOverServiceReply failOver(String service, int graceSeconds) {
        FailOverServiceRequest request = FailOverServiceRequest.newBuilder()
                .setService(service)
                .setGraceSeconds(graceSeconds)
                .build();
        return ask("FailOverService", request, FailOverServiceReply.parser(), null);
    }

    public void setMaintenance(String node, boolean maintenance) {
        SetMaintenanceRequest request = SetMaintenanceRequest.newBuilder()
                .setNode(node)
                .setMaintenance(maintenance)
                .build();
        var unused = ask("SetMaintenance", request, SetMaintenanceReply.parser(), ANSWER_TIMEOUT);
    }

    public FenceNodeReply fence(String node, String reason) {
        FenceNodeRequest request =
                FenceNodeRequest.newBuilder().setNode(node).setReason(reason).build();
        return ask("FenceNode", request, FenceNodeReply.parser(), null);
    }

    /** The caller's word that a server is off. */
    public ConfirmOffReply confirmOff(String node) {
        ConfirmOffRequest request = ConfirmOffRequest.newBuilder().setNode(node).build();
        return ask("ConfirmOff", request, ConfirmOffReply.parser(), ANSWER_TIMEOUT);
    }

    /** @param node {@code null} for all */
    public CheckFencingReply checkFencing(@Nullable String node) {
        CheckFencingRequest request = CheckFencingRequest.newBuilder()
                .setNode(node == null ? "" : node)
                .build();
        return ask("CheckFencing", request, CheckFencingReply.parser(), null);
    }

    /** @param node {@code null} for all */
    public NodeReports nodeReports(@Nullable String node) {
        NodeReportsRequest request = NodeReportsRequest.newBuilder()
                .setNode(node == null ? "" : node)
                .build();
        return ask("GetNodeReports", request, NodeReports.parser(), ANSWER_TIMEOUT);
    }

    public VolumeStatus createVolume(CreateVolumeRequest request) {
        return ask("CreateVolume", request, VolumeStatus.parser(), null);
    }

    /** @param name {@code null} for all */
    public VolumeList volumes(@Nullable String name) {
        ListVolumesRequest request = ListVolumesRequest.newBuilder()
                .setName(name == null ? "" : name)
                .build();
        return ask("ListVolumes", request, VolumeList.parser(), ANSWER_TIMEOUT);
    }

    public VolumeStatus promoteVolume(PromoteVolumeRequest request) {
        return ask("PromoteVolume", request, VolumeStatus.parser(), null);
    }

    public AttachVolumeReply attachVolume(AttachVolumeRequest request) {
        return ask("AttachVolume", request, AttachVolumeReply.parser(), null);
    }

    public DetachVolumeReply detachVolume(String name) {
        DetachVolumeRequest request =
                DetachVolumeRequest.newBuilder().setName(name).build();
        return ask("DetachVolume", request, DetachVolumeReply.parser(), null);
    }

    public VolumeStatus demoteVolume(String name) {
        DemoteVolumeRequest request =
                DemoteVolumeRequest.newBuilder().setName(name).build();
        return ask("DemoteVolume", request, VolumeStatus.parser(), null);
    }

    public VolumeStatus resizeVolume(String name, long bytes) {
        ResizeVolumeRequest request =
                ResizeVolumeRequest.newBuilder().setName(name).setBytes(bytes).build();
        return ask("ResizeVolume", request, VolumeStatus.parser(), null);
    }

    /** Ends a comparison that somebody waits for. */
    public StopVerifyVolumeReply stopVerifyVolume(String name, String node) {
        StopVerifyVolumeRequest request =
                StopVerifyVolumeRequest.newBuilder().setName(name).setNode(node).build();
        return ask("StopVerifyVolume", request, StopVerifyVolumeReply.parser(), ANSWER_TIMEOUT);
    }

    public VolumeStatus resyncVolume(ResyncVolumeRequest request) {
        return ask("ResyncVolume", request, VolumeStatus.parser(), ANSWER_TIMEOUT);
    }

    /** Returns when the two copies have been compared. */
    public VerifyVolumeReply verifyVolume(VerifyVolumeRequest request) {
        return ask("VerifyVolume", request, VerifyVolumeReply.parser(), null);
    }

    public RemoveVolumeReply removeVolume(String name) {
        RemoveVolumeRequest request =
                RemoveVolumeRequest.newBuilder().setName(name).build();
        return ask("RemoveVolume", request, RemoveVolumeReply.parser(), null);
    }

    public IssueJoinTokenReply issueJoinToken(Duration valid) {
        IssueJoinTokenRequest request = IssueJoinTokenRequest.newBuilder()
                .setValidSeconds(Math.toIntExact(valid.toSeconds()))
                .build();
        return ask("IssueJoinToken", request, IssueJoinTokenReply.parser(), ANSWER_TIMEOUT);
    }

    public void removeNode(String node) {
        RemoveNodeRequest request = RemoveNodeRequest.newBuilder().setNode(node).build();
        var unused = ask("RemoveNode", request, RemoveNodeReply.parser(), null);
    }

    public IssueCertificateReply issueCertificate(IssueCertificateRequest request) {
        return ask("IssueCertificate", request, IssueCertificateReply.parser(), ANSWER_TIMEOUT);
    }

    /** The one call that a join token's certificate opens. */
    public JoinReply join(JoinRequest request) {
        return ask("Join", request, JoinReply.parser(), ANSWER_TIMEOUT);
    }

    private static GetStatusRequest statusOf(@Nullable String service) {
        return GetStatusRequest.newBuilder()
                .setService(service == null ? "" : service)
                .build();
    }

    private static MoveRequest moveOf(String service, @Nullable String to) {
        return MoveRequest.newBuilder()
                .setService(service)
                .setTo(to == null ? "" : to)
                .build();
    }

    private <R> R ask(String method, MessageLite request, Parser<R> parser, @Nullable Duration timeout) {
        return onAnyMember(member -> {
            try (Subscription<R> answer = calls.call(member, method, request, parser, timeout)) {
                if (!answer.hasNext()) {
                    throw new ControlException(Kind.FAILED, member + " gave no answer to " + method);
                }
                R reply = answer.next();
                if (answer.hasNext()) {
                    throw new ControlException(Kind.FAILED, member + " gave more than one answer to " + method);
                }
                return reply;
            }
        });
    }

    /** Waits for the first message or the end, so that a member that does not answer can be passed over. */
    private <R> Subscription<R> subscribe(String method, MessageLite request, Parser<R> parser) {
        return onAnyMember(member -> {
            Subscription<R> subscription = calls.call(member, method, request, parser, null);
            var unused = subscription.hasNext();
            return subscription;
        });
    }

    private <R> R onAnyMember(Function<Member, R> attempt) {
        ControlException first = null;
        for (int index : order()) {
            try {
                R answer = attempt.apply(members.get(index));
                preferred = index;
                answered = true;
                return answer;
            } catch (ControlException e) {
                if (e.kind() != Kind.UNREACHABLE) {
                    throw e;
                }
                first = first == null ? e : joined(first, e);
            }
        }
        if (first == null) {
            throw new ControlException(Kind.INVALID, "the client's configuration lists no members");
        }
        throw first;
    }

    /**
     * The one that answered last, then the others; before the first answer, those that do not even take a connection come last.
     * A server without power is the usual reason to type a command, and waiting for it takes seconds.
     */
    private List<Integer> order() {
        List<Integer> order = new ArrayList<>();
        List<Integer> last = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            int index = (preferred + i) % members.size();
            boolean probe = !answered && members.size() > 1 && order.isEmpty();
            (probe && !calls.accepts(members.get(index), GLANCE) ? last : order).add(index);
        }
        order.addAll(last);
        return order;
    }

    private static ControlException joined(ControlException a, ControlException b) {
        ControlException both = new ControlException(Kind.UNREACHABLE, a.getMessage() + "; " + b.getMessage(), b);
        both.addSuppressed(a);
        return both;
    }

    /** Closes connections without waiting for them. */
    @Override
    public void close() {
        calls.close();
    }
}
