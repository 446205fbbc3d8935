package norikae.agent.criu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import norikae.agent.criu.rpc.CriuRpc.PageServerInfo;
import norikae.agent.criu.rpc.CriuRpc.RequestType;
import norikae.linux.OwnedFd;
import norikae.linux.StreamSocket;
import norikae.linux.UnixSockets;
import norikae.transfer.PageSpace;
import org.jspecify.annotations.Nullable;

/**
 * Dumps one tree and holds it. {@link #run} is for one thread, once; {@link #abort} may come from any thread.
 *
 * <p>Whatever comes of it, the tree is left stopped by signal (see {@link GroupStop}), and sockets may be left in repair
 * mode: whoever wants the tree to go on heals its sockets, attaches its link, thaws its cgroup and then releases it.
 */
public final class CriuDump {

    static final String LOG_FILE = "criu-dump.log";

    /** Has our CRIU leave memory out; others do not know it. */
    private static final String LEAVE_LAZY = "NORIKAE_LEAVE_LAZY";

    /** Where our CRIU looks for what {@link GivenMaps} wrote. */
    private static final String GIVEN_MAPS = "NORIKAE_MAPS";

    private static final int PAGE_SERVER_FD = CriuSession.FIRST_INHERITED_FD;

    private final CriuBinary criu;
    private final DumpRequest request;
    private final PageSink sink;
    private final DumpListener listener;
    private volatile @Nullable String abortReason;
    private @Nullable PageServer pageServer;

    public CriuDump(CriuBinary criu, DumpRequest request, PageSink sink, DumpListener listener) {
        this.criu = criu;
        this.request = request;
        this.sink = sink;
        this.listener = listener;
    }

    /**
     * Freezes the tree and dumps it. Pages go through the sink on a thread of their own; the listener is called on this one.
     *
     * @return the tree, standing still
     * @throws IOException naming service, phase and reason; CRIU has ended, and the tree is as the class says
     */
    public HeldDump run() throws IOException {
        throwIfAborted();
        UnixSockets.StreamPair pair = UnixSockets.streamPair();
        StreamSocket ours = pair.ours();
        CriuSession session;
        try (OwnedFd theirs = pair.theirs()) {
            session = CriuSession.start(
                    criu,
                    request.service(),
                    "dump",
                    new CriuLog(request.images().resolve(LOG_FILE)),
                    Map.of(PAGE_SERVER_FD, theirs),
                    request.memoryTravels()
                            ? Map.of(
                                    LEAVE_LAZY,
                                    "1",
                                    GIVEN_MAPS,
                                    request.images().toString())
                            : Map.of());
        } catch (IOException | RuntimeException e) {
            ours.close();
            throw e;
        }
        PageServer server =
                new PageServer(PageServer.Wire.over(ours), criu.version().pageServerHeaderBytes(), sink);
        synchronized (this) {
            pageServer = server;
        }
        FutureTask<Set<PageSpace>> serving = new FutureTask<>(() -> {
            try {
                return server.serve();
            } finally {
                server.stop(); // a CRIU that is still sending learns that nobody listens
            }
        });
        Thread pages =
                Thread.ofPlatform().name("criu-pages-" + request.service()).start(serving);
        HeldDump held = null;
        try {
            held = converse(session, serving);
            return held;
        } finally {
            if (held == null) {
                session.close();
            }
            server.stop();
            join(pages);
            synchronized (this) {
                pageServer = null; // an abort that comes later finds nothing to stop
            }
            ours.close();
        }
    }

    /** Ends a dump that runs; the thread in {@link #run} gets an exception with this reason. Harmless afterwards. */
    public void abort(String reason) {
        abortReason = reason;
        synchronized (this) {
            PageServer serving = pageServer;
            if (serving != null) {
                serving.stop();
            }
        }
    }

    private HeldDump converse(CriuSession session, FutureTask<Set<PageSpace>> serving) throws IOException {
        session.spareWhenMemoryRunsOut();
        try {
            session.request(
                    RequestType.DUMP,
                    CriuOptions.common(request.images(), LOG_FILE)
                            .setPid(request.rootPid())
                            .setPs(PageServerInfo.newBuilder().setFd(PAGE_SERVER_FD))
                            .addExternal("net[" + request.networkNamespaceInode() + "]:" + CriuOptions.NETWORK_KEY)
                            .build());
            while (true) {
                switch (session.next()) {
                    case CriuNotification.PreDump _ ->
                        passOn(session, () -> {
                            // CRIU has done what it does before it looks at a task: the pause begins here, not at its
                            // start.
                            listener.started(session.pid());
                            GroupStop.stop(request.service(), request.processes(), request.stopPatience());
                            listener.treeStopped();
                        });
                    case CriuNotification.NetworkLock _ -> passOn(session, listener::treeFrozen);
                    case CriuNotification.PostDump _ -> {
                        return hold(session, serving);
                    }
                    case CriuNotification _ -> passOn(session, () -> {});
                    case CriuMessage.Answer answer -> throw session.failed(answer);
                }
            }
        } catch (IOException e) {
            throw firstCause(e, serving);
        }
    }

    private HeldDump hold(CriuSession session, FutureTask<Set<PageSpace>> serving) throws IOException {
        try {
            writeUntouched(result(serving));
            listener.imagesComplete();
            throwIfAborted();
        } catch (IOException | RuntimeException e) {
            refuse(session);
            throw e;
        }
        return new HeldDump(request.service(), request.images(), session);
    }

    private interface Step {
        void run() throws IOException;
    }

    private void passOn(CriuSession session, Step step) throws IOException {
        try {
            throwIfAborted();
            step.run();
            throwIfAborted();
        } catch (IOException | RuntimeException e) {
            refuse(session);
            throw e;
        }
        session.reply(true);
    }

    /** CRIU rolls back what it has done, and its answer comes when it has. */
    private static void refuse(CriuSession session) {
        try {
            session.reply(false);
            var _ = session.awaitAnswer();
        } catch (CriuException e) {
            session.kill();
        }
    }

    /** A refusing sink and an abort make CRIU fail as well; it is they that people want to read of. */
    private IOException firstCause(IOException seen, FutureTask<Set<PageSpace>> serving) {
        String reason = abortReason;
        if (reason != null) {
            return new CriuException("service " + request.service() + ": dump aborted: " + reason, seen);
        }
        if (serving.isDone()) {
            try {
                var _ = result(serving);
            } catch (IOException sinkFailed) {
                if (sinkFailed != seen && !(sinkFailed instanceof java.io.EOFException)) {
                    sinkFailed.addSuppressed(seen);
                    return sinkFailed;
                }
            }
        }
        return seen;
    }

    private Set<PageSpace> result(FutureTask<Set<PageSpace>> serving) throws IOException {
        try {
            return serving.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CriuException("service " + request.service() + ": dump: interrupted", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case UncheckedIOException unchecked -> throw unchecked.getCause();
                case null, default ->
                    throw new CriuException("service " + request.service() + ": dump: " + e.getCause(), e);
            }
        }
    }

    private void writeUntouched(Set<PageSpace> spaces) throws IOException {
        int pagesId = HeldDump.FIRST_EMPTY_PAGES_ID;
        for (PageSpace space : spaces) {
            Path pages = request.images().resolve(PagemapFile.pagesName(pagesId));
            java.nio.file.Files.createFile(pages);
            new PagemapFile(request.images(), space, pagesId).close();
            pagesId++;
        }
    }

    private void throwIfAborted() throws CriuException {
        String reason = abortReason;
        if (reason != null) {
            throw new CriuException("service " + request.service() + ": dump aborted: " + reason);
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
