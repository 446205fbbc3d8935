package norikae.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps descriptors open beyond our own end: they travel into a socket of which both ends belong to a process that does
 * nothing, and wait there until somebody who knows that process takes them out.
 *
 * <p>Thread-safe. A descriptor stays kept until {@link #end}, or until its keeper dies.
 */
public final class FdKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FdKeeper.class);

    /** The keeper's numbers for the two ends; below are its standard streams. */
    private static final int INTO = 3;

    private static final int OUT_OF = 4;
    private static final int LABEL_BYTES_MAX = 200;
    private static final int SO_SNDBUFFORCE = 32;

    /** What waits counts against the sender: room for some thousand descriptors. */
    private static final int BUFFER_BYTES = 8 << 20;

    private final PidFd process;

    /** Null if an earlier life of ours was its parent. */
    private final @Nullable ChildProcess child;

    private final OwnedFd into;
    private final OwnedFd outOf;

    private FdKeeper(PidFd process, @Nullable ChildProcess child, OwnedFd into, OwnedFd outOf) {
        this.process = process;
        this.child = child;
        this.into = into;
        this.outOf = outOf;
    }

    /** One that was kept. */
    public record Kept(String label, OwnedFd fd) {}

    /** Starts a keeper with nothing to keep. */
    public static FdKeeper start(Cgroup group) throws IOException {
        OwnedFd[] ends = UnixSockets.pair(UnixSockets.SOCK_SEQPACKET);
        try {
            SocketOptions.set(ends[0], SocketOptions.SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES);
            group.create();
            ChildProcess child = Spawn.of(List.of("/bin/sleep", "infinity"))
                    .environment(Map.of())
                    .newSession()
                    .inherit(ends[0], INTO)
                    .inherit(ends[1], OUT_OF)
                    .start();
            try {
                group.add(child.pid());
                return new FdKeeper(child.pidFd(), child, ends[0], ends[1]);
            } catch (IOException e) {
                child.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            ends[0].close();
            ends[1].close();
            throw e;
        }
    }

    /**
     * One that an earlier life of this program has started.
     *
     * @throws IOException if it is gone, and with it all that it kept
     */
    public static FdKeeper adopt(int pid, long startTime) throws IOException {
        PidFd process = PidFd.open(pid);
        try {
            if (Procfs.startTime(pid) != startTime) {
                throw new IOException("process " + pid + " is another one by now");
            }
            return new FdKeeper(process, null, process.getFd(INTO), process.getFd(OUT_OF));
        } catch (IOException e) {
            process.close();
            throw e;
        }
    }

    public int pid() {
        return process.pid();
    }

    /** With {@link #pid} it tells this keeper from all others. */
    public long startTime() throws IOException {
        return Procfs.startTime(pid());
    }

    public boolean alive() throws LinuxException {
        return !process.awaitExit(Duration.ZERO);
    }

    /** @param label by which it will be known; at most {@value #LABEL_BYTES_MAX} bytes, not empty */
    public synchronized void keep(String label, OwnedFd fd) throws LinuxException {
        byte[] text = label.getBytes(StandardCharsets.UTF_8);
        if (text.length == 0 || text.length > LABEL_BYTES_MAX) {
            throw new IllegalArgumentException("label '" + label + "' of " + text.length + " bytes");
        }
        PassedFd.send(into, ByteBuffer.allocateDirect(text.length).put(text).flip(), fd);
    }

    /** Descriptors of our own for all that is kept, in the order in which they came. */
    public synchronized List<Kept> kept() throws IOException {
        List<Kept> all = new ArrayList<>();
        ByteBuffer label = ByteBuffer.allocateDirect(LABEL_BYTES_MAX);
        while (Poll.readable(outOf, Duration.ZERO)) {
            OwnedFd fd = PassedFd.receive(outOf, label.clear());
            all.add(new Kept(StandardCharsets.UTF_8.decode(label.flip()).toString(), fd));
        }
        for (Kept one : all) {
            keep(one.label(), one.fd());
        }
        return all;
    }

    /** Ends the keeper: what it kept is open only where somebody else has it open. */
    public void end() {
        into.close();
        outOf.close();
        if (child != null) {
            child.close();
            return;
        }
        try (process) {
            process.signal(PidFd.SIGKILL);
        } catch (LinuxException e) {
            LOG.debug("keeper pid={}: {}", process.pid(), e.getMessage());
        }
    }

    /** Lets go of it; it goes on keeping. */
    @Override
    public void close() {
        into.close();
        outOf.close();
        process.close();
    }
}
