package norikae.agent.move;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.function.Consumer;
import norikae.agent.api.v1.FollowMoveRequest;
import norikae.agent.api.v1.PeerGrpc;
import norikae.agent.api.v1.TargetUpdate;
import norikae.agent.move.MoveTimeline.Moment;
import norikae.failover.model.MoveId;
import norikae.failover.move.MoveEvent;
import org.jspecify.annotations.Nullable;

/** Listens to what the target does with a move and makes events of it. Its callbacks come on the client's threads. */
final class TargetWatch implements ClientResponseObserver<FollowMoveRequest, TargetUpdate>, AutoCloseable {

    private final MoveTimeline timeline;
    private final Consumer<MoveEvent> events;
    private volatile @Nullable ClientCallStreamObserver<FollowMoveRequest> call;
    private volatile boolean closed;

    private TargetWatch(MoveTimeline timeline, Consumer<MoveEvent> events) {
        this.timeline = timeline;
        this.events = events;
    }

    static TargetWatch start(PeerGrpc.PeerStub target, MoveId id, MoveTimeline timeline, Consumer<MoveEvent> events) {
        TargetWatch watch = new TargetWatch(timeline, events);
        target.followMove(FollowMoveRequest.newBuilder().setMoveId(id.value()).build(), watch);
        return watch;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<FollowMoveRequest> requestStream) {
        call = requestStream;
    }

    @Override
    public void onNext(TargetUpdate update) {
        switch (update.getKind()) {
            case RECEIVED -> events.accept(new MoveEvent.TargetReceived());
            // The log may be faster with its word than the target; so what is told here is timed here.
            case RESTORED -> {
                timeline.reached(Moment.RESTORED);
                events.accept(new MoveEvent.TargetRestored());
            }
            case COMMITTED -> {
                timeline.reached(Moment.COMMITTED);
                events.accept(new MoveEvent.LogCommitted());
            }
            // The log's word decides what becomes of the source's copy; this only times the end of the pause.
            case RESUMED -> timeline.reached(Moment.RESUMED);
            case FAILED -> events.accept(new MoveEvent.Failed("the target gave up: " + update.getReason()));
            case PREPARED, KIND_UNSPECIFIED, UNRECOGNIZED -> {}
        }
    }

    @Override
    public void onError(Throwable t) {
        if (!closed) {
            Status status = Status.fromThrowable(t);
            events.accept(new MoveEvent.Failed("lost the target: " + status.getCode()
                    + (status.getDescription() == null ? "" : " " + status.getDescription())));
        }
    }

    @Override
    public void onCompleted() {}

    @Override
    public void close() {
        closed = true;
        ClientCallStreamObserver<FollowMoveRequest> open = call;
        if (open != null) {
            open.cancel("the move has ended", null);
        }
    }
}
