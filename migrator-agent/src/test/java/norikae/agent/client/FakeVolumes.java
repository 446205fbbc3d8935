package norikae.agent.client;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.StopVerifyVolumeReply;
import norikae.agent.api.v1.VerifyVolumeReply;
import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeStatus;

/** The volumes of a {@link FakeCluster}: one volume, in the states that a test writes down. Thread-safe; guarded by itself. */
public final class FakeVolumes {

    private final Deque<VolumeStatus> script = new ArrayDeque<>();
    private final CompletableFuture<Long> verified = new CompletableFuture<>();

    /** It is in one after the other, each time that somebody asks, and stays in the last. */
    public synchronized FakeVolumes script(VolumeStatus... states) {
        script.clear();
        script.addAll(List.of(states));
        return this;
    }

    synchronized VolumeStatus next() {
        return script.size() > 1 ? script.removeFirst() : script.getFirst();
    }

    VolumeList list() {
        return VolumeList.newBuilder().setCurrent(true).addVolumes(next()).build();
    }

    /** The comparison ends with this. */
    public void verified(long differing) {
        verified.complete(differing);
    }

    void verify(StreamObserver<VerifyVolumeReply> out) {
        try {
            long differing = verified.get(30, TimeUnit.SECONDS);
            out.onNext(
                    VerifyVolumeReply.newBuilder().setDifferingBytes(differing).build());
            out.onCompleted();
        } catch (Exception e) {
            out.onError(Status.FAILED_PRECONDITION
                    .withDescription("the comparison with replica node-b was stopped")
                    .asRuntimeException());
        }
    }

    StopVerifyVolumeReply stop() {
        return StopVerifyVolumeReply.newBuilder()
                .setStopped(verified.completeExceptionally(new IllegalStateException("stopped")))
                .build();
    }
}
