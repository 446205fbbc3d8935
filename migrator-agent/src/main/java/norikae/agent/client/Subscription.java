package norikae.agent.client;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster sends bit by bit, for one reading thread. {@link #close} may be called by any thread; the reader
 * then sees the end. At most {@link #WINDOW} messages wait here, so that a slow reader slows the sender down.
 */
public final class Subscription<T> implements Iterator<T>, AutoCloseable {

    private static final int WINDOW = 16;

    private final String member;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // guarded by lock
    private final Queue<T> waiting = new ArrayDeque<>();
    private @Nullable ClientCallStreamObserver<?> call;
    private @Nullable Throwable failure;
    private boolean ended;
    private boolean closed;

    Subscription(String member) {
        this.member = member;
    }

    /** What the stub writes to; Q is the type of the request. */
    <Q> ClientResponseObserver<Q, T> observer() {
        return new ClientResponseObserver<>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<Q> stream) {
                stream.disableAutoRequestWithInitial(WINDOW);
                started(stream);
            }

            @Override
            public void onNext(T value) {
                change(() -> waiting.add(value));
            }

            @Override
            public void onError(Throwable t) {
                change(() -> {
                    failure = t;
                    ended = true;
                });
            }

            @Override
            public void onCompleted() {
                change(() -> ended = true);
            }
        };
    }

    private void started(ClientCallStreamObserver<?> stream) {
        change(() -> call = stream);
    }

    private void change(Runnable action) {
        lock.lock();
        try {
            action.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next message or the end. */
    @Override
    public boolean hasNext() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !ended && !closed) {
                changed.await();
            }
            if (closed) {
                return false;
            }
            if (waiting.isEmpty() && failure != null) {
                throw Failures.of(member, failure);
            }
            return !waiting.isEmpty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ControlException.Kind.CANCELLED, "interrupted while waiting for " + member, e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the stream has ended");
        }
        lock.lock();
        try {
            T value = waiting.remove();
            if (call != null && !ended) {
                call.request(1);
            }
            return value;
        } finally {
            lock.unlock();
        }
    }

    /** Tells the cluster that nobody listens any more. */
    @Override
    public void close() {
        ClientCallStreamObserver<?> toCancel;
        lock.lock();
        try {
            toCancel = ended ? null : call;
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (toCancel != null) {
            toCancel.cancel("closed by the reader", null);
        }
    }
}
