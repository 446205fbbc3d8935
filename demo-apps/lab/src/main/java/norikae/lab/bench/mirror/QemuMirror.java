package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.Set;
import norikae.lab.LabProcess;

/**
 * A {@code qemu-storage-daemon} on the source that exports {@link Hosts#DATA}, and mirrors it to a disk on the target if it is
 * told to. Confined to one thread.
 */
final class QemuMirror implements AutoCloseable {

    private static final String MONITOR = "qemu-monitor.sock";
    private static final String SOCKET = "qemu.sock";
    private static final String JOB = "mirror";

    /** When a write is acknowledged while the mirror runs. */
    enum CopyMode {
        /** When it is on the source; the mirror follows. */
        BACKGROUND("background"),
        /** When it is on both. */
        WRITE_BLOCKING("write-blocking");

        private final String word;

        CopyMode(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    private final Hosts hosts;
    private final LabProcess process;
    private final Qmp monitor;

    private QemuMirror(Hosts hosts, LabProcess process, Qmp monitor) {
        this.hosts = hosts;
        this.process = process;
        this.monitor = monitor;
    }

    static QemuMirror start(Hosts hosts) throws IOException, InterruptedException {
        hosts.remove(MONITOR);
        hosts.remove(SOCKET);
        LabProcess process = hosts.source()
                .exec(
                        "qemu-storage-daemon",
                        "--chardev",
                        "socket,id=monitor,server=on,wait=off,path=" + Hosts.path(MONITOR),
                        "--monitor",
                        "chardev=monitor",
                        "--blockdev",
                        "driver=file,node-name=file,cache.direct=off,discard=unmap,filename=" + Hosts.path(Hosts.DATA),
                        "--blockdev",
                        "driver=raw,node-name=source,file=file",
                        "--nbd-server",
                        "addr.type=unix,addr.path=" + Hosts.path(SOCKET),
                        "--export",
                        "type=nbd,id=export,node-name=source,writable=on,name=" + Nbd.EXPORT);
        try {
            return new QemuMirror(
                    hosts,
                    process,
                    new Qmp(Listening.connect(process, UnixDomainSocketAddress.of(hosts.onSource(MONITOR)))));
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.close();
            throw e;
        }
    }

    /** Where NBD clients on the source find it. */
    static String uri() {
        return Nbd.uri(SOCKET);
    }

    /** Begins to mirror, to {@link QemuNbd#ofTarget}; returns once the target has everything, and how long that took. */
    Duration mirror(CopyMode mode) throws IOException {
        ObjectNode target =
                Qmp.arguments().put("driver", "nbd").put("node-name", "target").put("export", Nbd.EXPORT);
        target.putObject("server")
                .put("type", "inet")
                .put("host", hosts.target().address())
                .put("port", Integer.toString(QemuNbd.PORT));
        monitor.execute("blockdev-add", target);
        long begin = System.nanoTime();
        monitor.execute(
                "blockdev-mirror",
                Qmp.arguments()
                        .put("job-id", JOB)
                        .put("device", "source")
                        .put("target", "target")
                        .put("sync", "full")
                        .put("copy-mode", mode.word()));
        JsonNode event = monitor.await(Set.of("BLOCK_JOB_READY", "BLOCK_JOB_COMPLETED"));
        if (!event.path("event").asText().equals("BLOCK_JOB_READY")) {
            throw new IOException("QEMU's mirror failed: " + event);
        }
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** Ends the mirror, once the target has everything, and its connection. */
    void endMirror() throws IOException {
        monitor.execute("block-job-cancel", Qmp.arguments().put("device", JOB));
        monitor.await(Set.of("BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED"));
        monitor.execute("blockdev-del", Qmp.arguments().put("node-name", "target"));
    }

    @Override
    public void close() throws IOException {
        try (process) {
            monitor.close();
        }
    }
}
