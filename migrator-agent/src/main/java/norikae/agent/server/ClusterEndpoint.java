package norikae.agent.server;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import norikae.agent.api.v1.AttachVolumeReply;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.CancelMoveRequest;
import norikae.agent.api.v1.CheckFencingReply;
import norikae.agent.api.v1.CheckFencingRequest;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.ClusterGrpc;
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
import norikae.transfer.PeerIdentity;

/** The {@code Cluster} service: each method hands over to the part that does it. Thread-safe. */
final class ClusterEndpoint extends ClusterGrpc.ClusterImplBase {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

    private final StatusView status;
    private final EventFeed events;
    private final LogReader logs;
    private final ServiceControl services;
    private final MoveControl moves;
    private final Membership membership;
    private final FailoverControl failover;
    private final VolumeControl volumes;
    private final VolumeDevices devices;
    private final Changes changes;

    ClusterEndpoint(
            StatusView status,
            EventFeed events,
            LogReader logs,
            ServiceControl services,
            MoveControl moves,
            Membership membership,
            FailoverControl failover,
            VolumeControl volumes,
            VolumeDevices devices,
            Changes changes) {
        this.status = status;
        this.events = events;
        this.logs = logs;
        this.services = services;
        this.moves = moves;
        this.membership = membership;
        this.failover = failover;
        this.volumes = volumes;
        this.devices = devices;
        this.changes = changes;
    }

    @Override
    public void getStatus(GetStatusRequest request, StreamObserver<ClusterStatus> reply) {
        Replies.one(reply, () -> status.status(request));
    }

    @Override
    public void watchStatus(GetStatusRequest request, StreamObserver<ClusterStatus> reply) {
        ServiceRequestContext call = ServiceRequestContext.current();
        Replies.stream(reply, o -> {
            ClusterStatus last = ClusterStatus.getDefaultInstance();
            while (!call.isCancelled()) {
                long seen = changes.version();
                ClusterStatus now = status.status(request);
                if (!now.equals(last)) {
                    o.onNext(now);
                    last = now;
                }
                try {
                    changes.awaitAfter(seen, LOOK_AGAIN);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        });
    }

    @Override
    public void listEvents(ListEventsRequest request, StreamObserver<Event> reply) {
        ServiceRequestContext call = ServiceRequestContext.current();
        Replies.stream(reply, o -> events.list(request, call, o::onNext));
    }

    @Override
    public void readLogs(ReadLogsRequest request, StreamObserver<LogChunk> reply) {
        ServiceRequestContext call = ServiceRequestContext.current();
        Replies.stream(reply, o -> logs.read(request, call, o::onNext));
    }

    @Override
    public void runService(RunServiceRequest request, StreamObserver<RunServiceReply> reply) {
        Replies.one(reply, () -> services.run(request));
    }

    @Override
    public void stopService(StopServiceRequest request, StreamObserver<StopServiceReply> reply) {
        Replies.one(reply, () -> services.stop(request));
    }

    @Override
    public void checkMove(MoveRequest request, StreamObserver<CheckReport> reply) {
        Replies.one(reply, () -> moves.check(request));
    }

    @Override
    public void migrateService(MoveRequest request, StreamObserver<MoveUpdate> reply) {
        Replies.stream(reply, o -> moves.migrate(request, whileConnected(o)::onNext));
    }

    @Override
    public void cancelMove(CancelMoveRequest request, StreamObserver<CancelMoveReply> reply) {
        Replies.one(reply, () -> moves.cancel(request));
    }

    @Override
    public void drainNode(DrainNodeRequest request, StreamObserver<MoveUpdate> reply) {
        Replies.stream(reply, o -> {
            ServerCallStreamObserver<MoveUpdate> call = (ServerCallStreamObserver<MoveUpdate>) o;
            moves.drain(request, whileConnected(o)::onNext, call::isCancelled);
        });
    }

    @Override
    public void setFailover(SetFailoverRequest request, StreamObserver<FailoverSettings> reply) {
        Replies.one(reply, () -> failover.set(request));
    }

    @Override
    public void getFailover(GetFailoverRequest request, StreamObserver<FailoverSettings> reply) {
        Replies.one(reply, failover::settings);
    }

    @Override
    public void failOverService(FailOverServiceRequest request, StreamObserver<FailOverServiceReply> reply) {
        Replies.one(reply, () -> failover.failOver(request));
    }

    @Override
    public void setMaintenance(SetMaintenanceRequest request, StreamObserver<SetMaintenanceReply> reply) {
        Replies.one(reply, () -> failover.maintain(request));
    }

    @Override
    public void fenceNode(FenceNodeRequest request, StreamObserver<FenceNodeReply> reply) {
        Replies.one(reply, () -> failover.fence(request));
    }

    @Override
    public void confirmOff(ConfirmOffRequest request, StreamObserver<ConfirmOffReply> reply) {
        String caller = RoleInterceptor.caller().map(PeerIdentity::name).orElse("");
        Replies.one(reply, () -> failover.confirmOff(request, caller));
    }

    @Override
    public void checkFencing(CheckFencingRequest request, StreamObserver<CheckFencingReply> reply) {
        Replies.one(reply, () -> failover.check(request));
    }

    @Override
    public void getNodeReports(NodeReportsRequest request, StreamObserver<NodeReports> reply) {
        Replies.one(reply, () -> failover.reports(request));
    }

    @Override
    public void createVolume(CreateVolumeRequest request, StreamObserver<VolumeStatus> reply) {
        Replies.one(reply, () -> volumes.create(request));
    }

    @Override
    public void listVolumes(ListVolumesRequest request, StreamObserver<VolumeList> reply) {
        Replies.one(reply, () -> volumes.list(request));
    }

    @Override
    public void promoteVolume(PromoteVolumeRequest request, StreamObserver<VolumeStatus> reply) {
        Replies.one(reply, () -> volumes.promote(request));
    }

    @Override
    public void attachVolume(AttachVolumeRequest request, StreamObserver<AttachVolumeReply> reply) {
        Replies.one(reply, () -> devices.attach(request));
    }

    @Override
    public void detachVolume(DetachVolumeRequest request, StreamObserver<DetachVolumeReply> reply) {
        Replies.one(reply, () -> devices.detach(request));
    }

    @Override
    public void demoteVolume(DemoteVolumeRequest request, StreamObserver<VolumeStatus> reply) {
        Replies.one(reply, () -> volumes.demote(request));
    }

    @Override
    public void resizeVolume(ResizeVolumeRequest request, StreamObserver<VolumeStatus> reply) {
        Replies.one(reply, () -> volumes.resize(request));
    }

    @Override
    public void stopVerifyVolume(StopVerifyVolumeRequest request, StreamObserver<StopVerifyVolumeReply> reply) {
        Replies.one(reply, () -> volumes.stopVerify(request));
    }

    @Override
    public void resyncVolume(ResyncVolumeRequest request, StreamObserver<VolumeStatus> reply) {
        Replies.one(reply, () -> volumes.resync(request));
    }

    @Override
    public void verifyVolume(VerifyVolumeRequest request, StreamObserver<VerifyVolumeReply> reply) {
        Replies.one(reply, () -> volumes.verify(request));
    }

    @Override
    public void removeVolume(RemoveVolumeRequest request, StreamObserver<RemoveVolumeReply> reply) {
        Replies.one(reply, () -> volumes.remove(request));
    }

    @Override
    public void issueJoinToken(IssueJoinTokenRequest request, StreamObserver<IssueJoinTokenReply> reply) {
        Replies.one(reply, () -> membership.issueToken(request));
    }

    @Override
    public void removeNode(RemoveNodeRequest request, StreamObserver<RemoveNodeReply> reply) {
        Replies.one(reply, () -> membership.remove(request));
    }

    @Override
    public void issueCertificate(IssueCertificateRequest request, StreamObserver<IssueCertificateReply> reply) {
        Replies.one(reply, () -> membership.issueCertificate(request));
    }

    @Override
    public void join(JoinRequest request, StreamObserver<JoinReply> reply) {
        String caller = RoleInterceptor.caller().map(PeerIdentity::name).orElse("");
        Replies.one(reply, () -> membership.join(request, caller));
    }

    /** A move does not end because its operator's terminal is gone: updates to nobody are dropped. */
    private static <T> Listener<T> whileConnected(StreamObserver<T> observer) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        call.setOnCancelHandler(() -> {});
        return update -> {
            if (!call.isCancelled()) {
                observer.onNext(update);
            }
        };
    }

    @FunctionalInterface
    private interface Listener<T> {
        void onNext(T update);
    }
}
