package norikae.agent.criu;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import norikae.agent.criu.rpc.CriuRpc.Options;
import norikae.agent.criu.rpc.CriuRpc.Request;
import norikae.agent.criu.rpc.CriuRpc.RequestType;
import norikae.agent.criu.rpc.CriuRpc.Response;
import norikae.linux.ChildProcess;
import norikae.linux.ExitStatus;
import norikae.linux.OwnedFd;
import norikae.linux.PidFd;
import norikae.linux.SeqPacketSocket;
import norikae.linux.Spawn;
import norikae.linux.UnixSockets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@code criu swrk} process and the conversation with it: one request, notifications in between, one answer.
 *
 * <p>One thread converses; {@link #kill} may come from any thread and ends every wait.
 */
final class CriuSession implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CriuSession.class);

    /** The number under which CRIU finds the socket to us; what it inherits besides comes after it. */
    private static final int RPC_FD = 3;

    static final int FIRST_INHERITED_FD = 4;

    /** Warnings and errors; more would cost time in the pause. */
    static final int LOG_LEVEL = 1;

    /** A CRIU that died may have left children that hold its socket open, so we look at the process as well. */
    private static final Duration LOOK_AROUND = Duration.ofMillis(100);

    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final String service;
    private final CriuLog log;
    private final ChildProcess process;
    private final SeqPacketSocket socket;
    private String phase;
    private boolean answered;
    private boolean ended;

    private CriuSession(String service, String phase, CriuLog log, ChildProcess process, SeqPacketSocket socket) {
        this.service = service;
        this.phase = phase;
        this.log = log;
        this.process = process;
        this.socket = socket;
    }

    /** Starts CRIU; it does nothing yet. {@code inherited} are descriptors by the numbers that CRIU shall see. */
    static CriuSession start(
            CriuBinary criu,
            String service,
            String phase,
            CriuLog log,
            Map<Integer, OwnedFd> inherited,
            Map<String, String> settings)
            throws IOException {
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        UnixSockets.SeqPacketPair pair = UnixSockets.seqPacketPair();
        try (OwnedFd theirs = pair.theirs()) {
            Spawn spawn = Spawn.of(List.of(criu.path().toString(), "swrk", Integer.toString(RPC_FD)))
                    // A session of its own, by which its children are found should it be killed.
                    .newSession()
                    .directory(Path.of("/"))
                    .environment(environment)
                    .inherit(theirs, RPC_FD);
            inherited.forEach((as, fd) -> spawn.inherit(fd, as));
            ChildProcess process = spawn.start();
            return new CriuSession(service, phase, log, process, pair.ours());
        } catch (IOException | RuntimeException e) {
            pair.ours().close();
            throw new CriuException("service " + service + ": cannot start " + criu.path() + ": " + e.getMessage(), e);
        }
    }

    int pid() {
        return process.pid();
    }

    boolean alive() {
        try {
            return process.alive();
        } catch (IOException e) {
            LOG.warn("service={} cannot see whether CRIU lives: {}", service, e.getMessage());
            return false;
        }
    }

    /** Asks the kernel to spare CRIU when memory runs out. Not on a restore: the tree would inherit it. */
    void spareWhenMemoryRunsOut() {
        try {
            Files.writeString(Path.of("/proc/" + process.pid() + "/oom_score_adj"), "-1000");
        } catch (IOException e) {
            LOG.debug("CRIU pid={} stays a candidate of the OOM killer: {}", process.pid(), e.getMessage());
        }
    }

    void phase(String next) {
        phase = next;
    }

    void request(RequestType type, Options options) throws CriuException {
        send(Request.newBuilder().setType(type).setOpts(options).build());
    }

    /** Lets CRIU go on, or not, after a notification. */
    void reply(boolean goOn) throws CriuException {
        send(Request.newBuilder()
                .setType(RequestType.NOTIFY)
                .setNotifySuccess(goOn)
                .build());
    }

    /**
     * Waits for what CRIU says next.
     *
     * @throws CriuException if it was killed or has hung up
     */
    CriuMessage next() throws CriuException {
        try {
            while (true) {
                boolean alive = process.alive();
                Optional<byte[]> packet = socket.receive(LOOK_AROUND);
                if (packet.isPresent() && packet.get().length > 0) {
                    return decode(packet.get());
                }
                if (packet.isPresent() || !alive) {
                    throw hungUp();
                }
            }
        } catch (CriuException e) {
            throw e;
        } catch (IOException e) {
            throw new CriuException("service " + service + ": " + phase + ": " + e.getMessage(), e);
        }
    }

    /** Waits for the answer, letting CRIU pass every notification on the way. */
    CriuMessage.Answer awaitAnswer() throws CriuException {
        while (true) {
            switch (next()) {
                case CriuMessage.Answer answer -> {
                    return answer;
                }
                case CriuNotification _ -> reply(true);
            }
        }
    }

    /** What to throw when CRIU has answered that it failed. */
    CriuException failed(CriuMessage.Answer answer) {
        String reason = log.reason();
        return failure(reason.isEmpty() ? answer.firstError() : reason);
    }

    /** Kills CRIU and what it started for itself. From any thread; harmless when it has ended. */
    void kill() {
        try {
            process.kill();
        } catch (IOException e) {
            LOG.error("service={} cannot kill CRIU pid={}: {}", service, process.pid(), e.getMessage());
        }
    }

    /** Ends CRIU if it has not ended; when it died in the middle, its helpers are swept up. */
    @Override
    public void close() {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        socket.close(); // an orderly CRIU ends by itself now
        try {
            if (!answered || !process.pidFd().awaitExit(LAST_WORDS)) {
                process.kill();
                process.pidFd().awaitExit(LAST_WORDS);
                sweep(); // before it is reaped: until then the number of its session is nobody else's
            }
        } catch (IOException e) {
            LOG.error("service={} CRIU pid={} could not be ended: {}", service, process.pid(), e.getMessage());
        } finally {
            process.close();
        }
    }

    private void sweep() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (!name.chars().allMatch(Character::isDigit) || Integer.parseInt(name) == process.pid()) {
                    continue;
                }
                ProcessStat.read(entry)
                        .filter(s -> s.session() == process.pid())
                        .ifPresent(s -> sweep(s.pid()));
            }
        }
    }

    private void sweep(int pid) {
        try (PidFd orphan = PidFd.open(pid)) {
            orphan.signal(PidFd.SIGKILL);
            LOG.info("service={} killed pid={} that CRIU pid={} had left behind", service, pid, process.pid());
        } catch (IOException e) {
            LOG.debug("service={} pid={} ended by itself: {}", service, pid, e.getMessage());
        }
    }

    private CriuMessage decode(byte[] packet) throws CriuException {
        Response response;
        try {
            response = Response.parseFrom(packet);
        } catch (InvalidProtocolBufferException e) {
            throw new CriuException(
                    "service " + service + ": " + phase + ": CRIU sent " + packet.length
                            + " bytes that are no response: " + e.getMessage(),
                    e);
        }
        if (response.getType() == RequestType.NOTIFY && response.hasNotify()) {
            return CriuNotification.of(response.getNotify());
        }
        answered = true;
        return new CriuMessage.Answer(
                response.getSuccess(), response.getCrErrmsg().strip());
    }

    private void send(Request request) throws CriuException {
        try {
            socket.send(request.toByteArray());
        } catch (IOException e) {
            CriuException why = hungUp();
            why.addSuppressed(e);
            throw why;
        }
    }

    private CriuException hungUp() {
        String how = "hung up";
        try {
            process.pidFd().awaitExit(LAST_WORDS);
            sweep();
            how = process.awaitExit(Duration.ZERO).map(ExitStatus::toString).orElse(how);
        } catch (IOException e) {
            how = how + " (" + e.getMessage() + ")";
        }
        String reason = log.reason();
        return failure("CRIU pid=" + process.pid() + " " + how + (reason.isEmpty() ? "" : "; " + reason));
    }

    private CriuException failure(String reason) {
        String text = reason.isEmpty() ? "CRIU gave no reason" : reason;
        String remedy = CriuLog.remedy(text).map(r -> "; remedy: " + r).orElse("");
        return new CriuException("service " + service + ": " + phase + ": " + text + remedy);
    }
}
