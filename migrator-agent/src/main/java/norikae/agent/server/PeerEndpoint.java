package norikae.agent.server;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import norikae.agent.api.v1.AdmitVoterReply;
import norikae.agent.api.v1.AdmitVoterRequest;
import norikae.agent.api.v1.CheckGrowthReply;
import norikae.agent.api.v1.CheckGrowthRequest;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.CheckTargetRequest;
import norikae.agent.api.v1.DiscardMoveReply;
import norikae.agent.api.v1.DiscardMoveRequest;
import norikae.agent.api.v1.DivertFramesReply;
import norikae.agent.api.v1.DivertFramesRequest;
import norikae.agent.api.v1.FollowMoveRequest;
import norikae.agent.api.v1.HandOverVolumeReply;
import norikae.agent.api.v1.HandOverVolumeRequest;
import norikae.agent.api.v1.ListLogPartsReply;
import norikae.agent.api.v1.ListLogPartsRequest;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.NodeReport;
import norikae.agent.api.v1.NodeReportRequest;
import norikae.agent.api.v1.PeerGrpc;
import norikae.agent.api.v1.PingReply;
import norikae.agent.api.v1.PingRequest;
import norikae.agent.api.v1.PrepareCopyReply;
import norikae.agent.api.v1.PrepareCopyRequest;
import norikae.agent.api.v1.PrepareMoveReply;
import norikae.agent.api.v1.PrepareMoveRequest;
import norikae.agent.api.v1.ReadLogPartRequest;
import norikae.agent.api.v1.RemainderPages;
import norikae.agent.api.v1.RemainderRequest;
import norikae.agent.api.v1.RemoveCopyReply;
import norikae.agent.api.v1.RemoveCopyRequest;
import norikae.agent.api.v1.ReportVolumesReply;
import norikae.agent.api.v1.ReportVolumesRequest;
import norikae.agent.api.v1.TakeVolumesReply;
import norikae.agent.api.v1.TakeVolumesRequest;
import norikae.agent.api.v1.TargetUpdate;
import norikae.agent.config.AgentConfig;
import norikae.agent.failover.ServiceKeeper;
import norikae.agent.move.Moves;
import norikae.agent.preflight.Preflight;
import norikae.failover.model.MoveId;
import norikae.failover.model.ServiceName;
import norikae.transfer.PeerIdentity;

/** The {@code Peer} service: what agents ask of each other. Thread-safe. */
final class PeerEndpoint extends PeerGrpc.PeerImplBase {

    private final AgentConfig config;
    private final PingReply ping;
    private final Preflight preflight;
    private final Moves moves;
    private final LogParts logParts;
    private final LogReader logReader;
    private final Membership membership;
    private final NodeReporter reporter;
    private final ServiceKeeper keeper;
    private final VolumeAtNode volumes;

    PeerEndpoint(
            AgentConfig config,
            PingReply ping,
            Preflight preflight,
            Moves moves,
            LogParts logParts,
            LogReader logReader,
            Membership membership,
            NodeReporter reporter,
            ServiceKeeper keeper,
            VolumeAtNode volumes) {
        this.config = config;
        this.ping = ping;
        this.preflight = preflight;
        this.moves = moves;
        this.logParts = logParts;
        this.logReader = logReader;
        this.membership = membership;
        this.reporter = reporter;
        this.keeper = keeper;
        this.volumes = volumes;
    }

    @Override
    public void ping(PingRequest request, StreamObserver<PingReply> reply) {
        Replies.one(reply, () -> ping);
    }

    @Override
    public void checkTarget(CheckTargetRequest request, StreamObserver<CheckReport> reply) {
        Replies.one(reply, () -> preflight.judgeHere(request));
    }

    @Override
    public void prepareMove(PrepareMoveRequest request, StreamObserver<PrepareMoveReply> reply) {
        Replies.one(reply, () -> {
            keeper.requireUp();
            moves.prepare(request);
            return PrepareMoveReply.newBuilder()
                    .setDataAddress(config.address())
                    .setDataPort(config.dataPort())
                    .build();
        });
    }

    @Override
    public void followMove(FollowMoveRequest request, StreamObserver<TargetUpdate> reply) {
        // Answers from the move's own threads, for as long as the move lasts: nothing is held here.
        ServerCallStreamObserver<TargetUpdate> observer = (ServerCallStreamObserver<TargetUpdate>) reply;
        observer.setOnCancelHandler(() -> {});
        try {
            moves.follow(new MoveId(request.getMoveId()), update -> {
                if (observer.isCancelled()) {
                    return;
                }
                observer.onNext(update);
                if (update.getKind() == TargetUpdate.Kind.RESUMED || update.getKind() == TargetUpdate.Kind.FAILED) {
                    observer.onCompleted();
                }
            });
        } catch (norikae.agent.peer.ApiException e) {
            observer.onError(e.toStatus());
        }
    }

    @Override
    public void divertFrames(DivertFramesRequest request, StreamObserver<DivertFramesReply> reply) {
        Replies.one(reply, () -> {
            moves.divert(new MoveId(request.getMoveId()));
            return DivertFramesReply.getDefaultInstance();
        });
    }

    @Override
    public void discardMove(DiscardMoveRequest request, StreamObserver<DiscardMoveReply> reply) {
        Replies.one(reply, () -> {
            moves.discard(new MoveId(request.getMoveId()), request.getReason());
            return DiscardMoveReply.newBuilder().setOutcome("discarded").build();
        });
    }

    @Override
    public void takeVolumes(TakeVolumesRequest request, StreamObserver<TakeVolumesReply> reply) {
        Replies.one(reply, () -> {
            moves.takeVolumes(new MoveId(request.getMoveId()));
            return TakeVolumesReply.getDefaultInstance();
        });
    }

    @Override
    public StreamObserver<RemainderRequest> sendRemainder(StreamObserver<RemainderPages> reply) {
        String caller = RoleInterceptor.caller().map(PeerIdentity::name).orElse("");
        return moves.sendRemainder(caller, (ServerCallStreamObserver<RemainderPages>) reply);
    }

    @Override
    public void listLogParts(ListLogPartsRequest request, StreamObserver<ListLogPartsReply> reply) {
        Replies.one(reply, () -> ListLogPartsReply.newBuilder()
                .addAllParts(logParts.list(new ServiceName(request.getService())))
                .build());
    }

    @Override
    public void readLogPart(ReadLogPartRequest request, StreamObserver<LogChunk> reply) {
        ServiceName service = new ServiceName(request.getService());
        ServiceRequestContext call = ServiceRequestContext.current();
        Replies.stream(
                reply,
                o -> logParts.read(
                        service,
                        request.getEpoch(),
                        request.getOffset(),
                        () -> request.getFollow()
                                && !call.isCancelled()
                                && logReader.runsHere(service, request.getEpoch()),
                        o::onNext));
    }

    @Override
    public void reportNode(NodeReportRequest request, StreamObserver<NodeReport> reply) {
        Replies.one(reply, reporter::report);
    }

    @Override
    public void prepareCopy(PrepareCopyRequest request, StreamObserver<PrepareCopyReply> reply) {
        Replies.one(reply, () -> volumes.prepare(request));
    }

    @Override
    public void checkGrowth(CheckGrowthRequest request, StreamObserver<CheckGrowthReply> reply) {
        Replies.one(reply, () -> volumes.checkGrowth(request));
    }

    @Override
    public void removeCopy(RemoveCopyRequest request, StreamObserver<RemoveCopyReply> reply) {
        Replies.one(reply, () -> volumes.remove(request));
    }

    @Override
    public void reportVolumes(ReportVolumesRequest request, StreamObserver<ReportVolumesReply> reply) {
        Replies.one(reply, volumes::report);
    }

    @Override
    public void handOverVolume(HandOverVolumeRequest request, StreamObserver<HandOverVolumeReply> reply) {
        Replies.one(reply, () -> volumes.handOver(request));
    }

    @Override
    public void admitVoter(AdmitVoterRequest request, StreamObserver<AdmitVoterReply> reply) {
        Replies.one(reply, () -> {
            membership.admit(request.getMember());
            return AdmitVoterReply.getDefaultInstance();
        });
    }
}
