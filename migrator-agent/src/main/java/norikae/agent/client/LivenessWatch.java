package norikae.agent.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.function.Consumer;
import norikae.agent.config.ClientConfig.Member;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a member has gone without a word (its power, its link) while somebody waits for it with no time limit:
 * TCP itself would take a quarter of an hour. Every few seconds it tries whether the member's port still accepts.
 * Thread-safe.
 */
final class LivenessWatch implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int FAILURES_MAX = 2; // one may be a full queue

    private final Member member;
    private final Duration interval;
    private final @Nullable Thread thread;

    // guarded by this
    private boolean dead;
    private @Nullable Consumer<String> onDeath;

    LivenessWatch(Member member, boolean needed) {
        this(member, needed, INTERVAL);
    }

    LivenessWatch(Member member, boolean needed, Duration interval) {
        this.member = member;
        this.interval = interval;
        this.thread = needed ? Thread.ofVirtual().name("watch-" + member).start(this::run) : null;
    }

    /** A request that waits for its answer in the calling thread. */
    interface Request<T> {
        T send() throws IOException, InterruptedException;
    }

    /** Waits for an answer, or for the member's death, which fails it. */
    <T> T whileWaiting(Request<T> request) throws IOException, InterruptedException {
        Thread waiting = Thread.currentThread();
        onDeath(why -> waiting.interrupt());
        try {
            return request.send();
        } catch (InterruptedException e) {
            if (isDead()) {
                throw new IOException(epitaph(), e);
            }
            throw e;
        } finally {
            takeBackInterrupt();
        }
    }

    /** Death may have come between the answer and here. */
    private synchronized void takeBackInterrupt() {
        onDeath = null;
        if (dead) {
            var unused = Thread.interrupted();
        }
    }

    synchronized void onDeath(Consumer<String> action) {
        onDeath = action;
        if (dead) {
            action.accept(epitaph());
        }
    }

    synchronized boolean isDead() {
        return dead;
    }

    String epitaph() {
        return member + " has stopped answering";
    }

    private void run() {
        int failures = 0;
        try {
            while (failures < FAILURES_MAX) {
                Thread.sleep(interval);
                failures = accepts() ? 0 : failures + 1;
            }
        } catch (InterruptedException e) {
            return; // closed
        }
        die();
    }

    private synchronized void die() {
        dead = true;
        if (onDeath != null) {
            onDeath.accept(epitaph());
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(member.host(), member.port()), (int) CONNECT_TIMEOUT.toMillis());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
