package norikae.agent.criu;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import norikae.linux.PidFd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tree that is built and has not run. {@link #resume} or {@link #cancel} ends it. Thread-safe.
 */
public final class HeldRestore {

    private static final Logger LOG = LoggerFactory.getLogger(HeldRestore.class);
    private static final Duration DEATH = Duration.ofSeconds(10);

    private final String service;
    private final CriuSession session;
    private final PidFd root;
    private final Future<Void> leaving;
    private State state = State.HELD;

    private enum State {
        HELD,
        RESUMING,
        RESUMED,
        CANCELLED
    }

    HeldRestore(String service, CriuSession session, PidFd root, Future<Void> leaving) {
        this.service = service;
        this.session = session;
        this.root = root;
        this.leaving = leaving;
    }

    /** PID 1 of the capsule, by the number that this node sees. */
    public int rootPid() {
        return root.pid();
    }

    public int criuPid() {
        return session.pid();
    }

    /** Whether CRIU still waits; without it the tree can never run. */
    public boolean alive() {
        return session.alive();
    }

    /**
     * Finishes the tree and lets CRIU go. Tasks that were stopped by signal when they were dumped are so now, and {@code
     * hook} is to freeze the cgroup besides: nothing has run when this returns.
     *
     * @throws IOException if the hook or CRIU failed; nothing has run, and {@link #cancel} must follow
     */
    public synchronized void resume(PreResumeHook hook) throws IOException {
        if (state != State.HELD) {
            throw new IllegalStateException("service " + service + ": resume of a restore that is " + state);
        }
        state = State.RESUMING;
        session.phase("resume");
        awaitOutside();
        session.reply(true);
        boolean hooked = false;
        while (true) {
            switch (session.next()) {
                case CriuNotification.PreResume _ -> {
                    hook.run(); // its answer does not stop CRIU; a cancel does
                    hooked = true;
                    session.reply(true);
                }
                case CriuNotification _ -> session.reply(true);
                case CriuMessage.Answer answer -> {
                    if (!answer.success() || !hooked) {
                        throw session.failed(answer);
                    }
                    state = State.RESUMED;
                    session.close();
                    root.close();
                    return;
                }
            }
        }
    }

    /** CRIU must be out of the capsule's groups, or the hook would freeze it, too. */
    private void awaitOutside() throws IOException {
        try {
            leaving.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("service " + service + ": resume: interrupted");
        }
    }

    /** Kills the tree, for good. Returns when it is dead. Does nothing after a {@link #resume} that returned. */
    public synchronized void cancel() {
        if (state == State.RESUMED || state == State.CANCELLED) {
            return;
        }
        boolean held = state == State.HELD;
        state = State.CANCELLED;
        session.phase("cancel");
        try {
            if (held) {
                session.reply(false);
                var _ = session.awaitAnswer();
            }
        } catch (CriuException e) {
            LOG.info("service={} cancelled without CRIU: {}", service, e.getMessage());
        } finally {
            session.kill();
            session.close();
            killTree(service, root);
        }
    }

    /** PID 1 of a namespace takes all others with it. */
    static void killTree(String service, PidFd root) {
        try (root) {
            root.signal(PidFd.SIGKILL);
            if (!root.awaitExit(DEATH)) {
                LOG.error("service={} pid={} of a restore that was given up does not die", service, root.pid());
            }
        } catch (IOException e) {
            LOG.error("service={} pid={} of a restore that was given up: {}", service, root.pid(), e.getMessage());
        }
    }
}
