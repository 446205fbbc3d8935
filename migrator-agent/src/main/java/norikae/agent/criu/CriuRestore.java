package norikae.agent.criu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import norikae.agent.criu.rpc.CriuRpc.InheritedFd;
import norikae.agent.criu.rpc.CriuRpc.Options;
import norikae.agent.criu.rpc.CriuRpc.RequestType;
import norikae.linux.NetworkNamespace;
import norikae.linux.OwnedFd;
import norikae.linux.PidFd;

/**
 * Builds a tree from its images. The engine is started ahead, so that only its work is waited for. For one thread.
 */
public final class CriuRestore implements AutoCloseable {

    static final String LOG_FILE = "criu-restore.log";

    private static final int MODE = 0640;

    private final RestoreRequest request;
    private final CriuSession session;
    private final Options options;
    private boolean started;

    private CriuRestore(RestoreRequest request, CriuSession session, Options options) {
        this.request = request;
        this.session = session;
        this.options = options;
    }

    /** Starts CRIU; the images need not be there yet. */
    public static CriuRestore prepare(CriuBinary criu, RestoreRequest request) throws IOException {
        List<OwnedFd> opened = new ArrayList<>();
        try {
            Map<Integer, OwnedFd> inherited = new TreeMap<>();
            Options.Builder options = CriuOptions.common(request.images(), LOG_FILE)
                    .setAutoDedup(true)
                    .setLazyPages(request.lazy() != null);
            int next = CriuSession.FIRST_INHERITED_FD;
            OwnedFd network = NetworkNamespace.of(request.networkNamespace()).open();
            opened.add(network);
            inherited.put(next, network);
            options.addInheritFd(fd(CriuOptions.NETWORK_KEY, next++));
            for (InheritedFile file : request.files()) {
                OwnedFd out = OwnedFd.open(file.file(), OwnedFd.O_WRONLY | OwnedFd.O_APPEND | OwnedFd.O_CREAT, MODE);
                opened.add(out);
                inherited.put(next, out);
                options.addInheritFd(fd(file.key(), next++));
            }
            CriuSession session = CriuSession.start(
                    criu,
                    request.service(),
                    "restore",
                    new CriuLog(request.images().resolve(LOG_FILE)),
                    inherited,
                    Map.of());
            try {
                // All that CRIU makes is born in them. The kernel takes its time over this, so it is done ahead.
                enter(session.pid(), request.capsuleGroups());
            } catch (IOException e) {
                session.kill();
                session.close();
                throw e;
            }
            return new CriuRestore(request, session, options.build());
        } finally {
            opened.forEach(OwnedFd::close);
        }
    }

    /**
     * Builds the tree and holds it before any of its tasks has run.
     *
     * @throws IOException naming service, phase and reason; nothing of the tree is left then, but its network namespace is
     *     spoilt: sockets may linger in it that would reset the clients' connections, so make a new one for the next try
     */
    public HeldRestore start() throws IOException {
        started = true;
        LazyPages lazy = request.lazy();
        if (lazy == null) {
            return build(session, request, options);
        }
        try (LazyPagesSocket _ = LazyPagesSocket.serve(request, lazy)) {
            return build(session, request, options);
        } catch (IOException e) {
            session.kill();
            session.close();
            throw e;
        }
    }

    /** Ends what was never started; does nothing otherwise. */
    @Override
    public void close() {
        if (!started) {
            session.kill();
            session.close();
        }
    }

    private static HeldRestore build(CriuSession session, RestoreRequest request, Options options) throws IOException {
        PidFd root = null;
        FutureTask<Void> leaving = new FutureTask<>(() -> {
            enter(session.pid(), request.ownGroups());
            return null;
        });
        boolean held = false;
        try {
            session.request(RequestType.RESTORE, options);
            while (true) {
                switch (session.next()) {
                    case CriuNotification.SetupNamespaces made -> {
                        root = PidFd.open(made.rootPid());
                        // All others are born of this one, and CRIU is not needed in the capsule's groups any more.
                        Thread.ofPlatform()
                                .name("criu-leaves-" + request.service())
                                .start(leaving);
                        session.reply(true);
                    }
                    case CriuNotification.PostRestore built -> {
                        if (root == null) {
                            root = PidFd.open(built.rootPid());
                            leaving.run();
                        }
                        held = true;
                        return new HeldRestore(request.service(), session, root, leaving);
                    }
                    case CriuNotification _ -> session.reply(true);
                    case CriuMessage.Answer answer -> throw session.failed(answer);
                }
            }
        } finally {
            if (!held) {
                session.kill();
                session.close();
                if (root != null) {
                    HeldRestore.killTree(request.service(), root);
                }
            }
        }
    }

    static void enter(int pid, List<Path> groups) throws IOException {
        for (Path procs : groups) {
            try {
                Files.writeString(procs, Integer.toString(pid));
            } catch (IOException e) {
                throw new IOException("cannot move CRIU pid=" + pid + " into " + procs + ": " + e.getMessage(), e);
            }
        }
    }

    private static InheritedFd fd(String key, int number) {
        return InheritedFd.newBuilder().setKey(key).setFd(number).build();
    }
}
