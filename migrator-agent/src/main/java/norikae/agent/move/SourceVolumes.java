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
    private final FutureTask<Void> suspending;
    private volatile @Nullable FutureTask<Void> taking;
    private volatile boolean unwanted;

    SourceVolumes(MoveContext context, MoveId id, Capsule capsule, NodeId to) {
        this.context = context;
        this.id = id;
        this.capsule = capsule;
        this.to = to;
        this.suspending = new FutureTask<>(this::suspend);
    }

    /** While the service runs: what is written now need not be written while it stands still. */
    void sync() throws IOException {
        context.volumes().sync(capsule.spec());
    }

    /** The service stands still from now on. */
    void begin() {
        if (capsule.spec().volumesOrNone().isEmpty()) {
            return;
        }
        FutureTask<Void> task = new FutureTask<>(this::have);
        taking = task;
        Thread.ofPlatform().daemon().name("volumes-" + capsule.service()).start(() -> {
            suspending.run();
            task.run();
        });
    }

    private @Nullable Void suspend() throws IOException {
        context.volumes().suspend(capsule.spec(), to, PATIENCE);
        return null;
    }

    /** Has the target mount them. */
    private @Nullable Void have() throws IOException, InterruptedException {
        try {
            suspending.get();
        } catch (ExecutionException e) {
            throw new IOException(Objects.requireNonNull(e.getCause()).getMessage(), e.getCause());
        }
        context.faults().reached(FaultPoint.SOURCE_VOLUMES, capsule.service().value());
        if (!unwanted) {
            var _ = context.peers()
                    .ask(to, context.settings().stallTimeout())
                    .takeVolumes(TakeVolumesRequest.newBuilder()
                            .setMoveId(id.value())
                            .build());
        }
        return null;
    }

    /** Returns when the target has them mounted. */
    void await() throws IOException, InterruptedException {
        FutureTask<Void> task = taking;
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

    /**
     * The service goes on here. A target that still is about to mount them holds its copies still, and so is found behind until it
     * hears that nothing comes. Idempotent.
     */
    void resume() throws InterruptedException {
        unwanted = true;
        if (taking != null) {
            try {
                suspending.get(); // or they would be suspended after this
            } catch (ExecutionException e) {
                // told already, or of no interest any more
            }
        }
        context.volumes().resume(capsule.spec());
    }
}
