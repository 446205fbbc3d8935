package norikae.agent.move;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import norikae.agent.api.v1.TakeVolumesRequest;
import norikae.agent.capsule.Capsule;
import norikae.agent.peer.ApiException;
import norikae.failover.fault.FaultPoint;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Hands the volumes of a service over, beside the dump of its memory: both need the service to stand still, and neither the other.
 * For the thread of the move, but for {@link #resume}, which may come from another.
 */
final class SourceVolumes {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final MoveContext context;
    private final MoveId id;
    private final Capsule capsule;
    private final NodeId to;
    private volatile @Nullable FutureTask<Void> handing;

    SourceVolumes(MoveContext context, MoveId id, Capsule capsule, NodeId to) {
        this.context = context;
        this.id = id;
        this.capsule = capsule;
        this.to = to;
    }

    private boolean none() {
        return capsule.spec().volumesOrNone().isEmpty();
    }

    /** While the service runs: what is written now need not be written while it stands still. */
    void sync() throws IOException {
        context.volumes().sync(capsule.spec());
    }

    /** The service stands still from now on. */
    void begin() {
        if (none()) {
            return;
        }
        FutureTask<Void> task = new FutureTask<>(this::handOver, null);
        handing = task;
        Thread.ofPlatform().daemon().name("volumes-" + capsule.service()).start(task);
    }

    private void handOver() {
        try {
            context.volumes().suspend(capsule.spec(), to, PATIENCE);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        context.faults().reached(FaultPoint.SOURCE_VOLUMES, capsule.service().value());
        var _ = context.peers()
                .ask(to, context.settings().stallTimeout())
                .takeVolumes(
                        TakeVolumesRequest.newBuilder().setMoveId(id.value()).build());
    }

    /** Returns when the target has them mounted. */
    void await() throws IOException, InterruptedException {
        FutureTask<Void> task = handing;
        if (task == null) {
            return;
        }
        try {
            task.get();
        } catch (ExecutionException e) {
            Throwable why = Objects.requireNonNull(e.getCause());
            String message = why instanceof io.grpc.StatusRuntimeException status
                    ? ApiException.from(status).getMessage()
                    : String.valueOf(why.getMessage());
            throw new IOException("its volumes cannot be handed over: " + message, why);
        }
    }

    /** The service goes on here. Idempotent. */
    void resume() throws InterruptedException {
        FutureTask<Void> task = handing;
        if (task != null) {
            try {
                task.get(); // or it would suspend them after this
            } catch (ExecutionException e) {
                // told already, or of no interest any more
            }
        }
        context.volumes().resume(capsule.spec());
    }
}
