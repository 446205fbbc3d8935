package norikae.agent.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;
import java.util.function.Supplier;
import norikae.agent.peer.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what a handler returns or throws into what the caller gets; nothing unforeseen reaches a caller as a stack. */
final class Replies {

    private static final Logger LOG = LoggerFactory.getLogger(Replies.class);

    private Replies() {}

    /** Answers with one message. */
    static <T> void one(StreamObserver<T> observer, Supplier<T> handler) {
        stream(observer, o -> o.onNext(handler.get()));
    }

    /** Lets the handler send messages, then ends the call. */
    static <T> void stream(StreamObserver<T> observer, Consumer<StreamObserver<T>> handler) {
        try {
            handler.accept(observer);
            observer.onCompleted();
        } catch (ApiException e) {
            observer.onError(e.toStatus());
        } catch (StatusRuntimeException e) {
            observer.onError(ApiException.from(e).toStatus());
        } catch (IllegalArgumentException e) {
            observer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
        } catch (RuntimeException e) {
            LOG.error("a request failed in a way that nobody foresaw", e);
            observer.onError(Status.INTERNAL
                    .withDescription("the agent failed: " + e + "; its log has more")
                    .asRuntimeException());
        }
    }
}
