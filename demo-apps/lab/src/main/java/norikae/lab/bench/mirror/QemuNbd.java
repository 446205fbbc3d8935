package norikae.lab.bench.mirror;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import norikae.lab.LabNode;
import norikae.lab.LabProcess;

/** A {@code qemu-nbd} that serves {@link Hosts#DATA}; through the page cache, as our volumes do. */
final class QemuNbd implements AutoCloseable {

    static final int PORT = 7211;

    private static final String SOCKET = "qemu-nbd.sock";

    private final LabProcess process;
    private final String uri;

    private QemuNbd(LabProcess process, String uri) {
        this.process = process;
        this.uri = uri;
    }

    /** The target's disk, for whoever mirrors or copies to it. */
    static QemuNbd ofTarget(Hosts hosts) throws IOException, InterruptedException {
        LabNode node = hosts.target();
        LabProcess process = node.exec(
                "qemu-nbd",
                "--format=raw",
                "--persistent",
                "--export-name=" + Nbd.EXPORT,
                "--cache=writeback",
                "--discard=unmap",
                "--bind=" + node.address(),
                "--port=" + PORT,
                Hosts.path(Hosts.DATA));
        Listening.await(process, new InetSocketAddress(node.address(), PORT));
        return new QemuNbd(process, Nbd.uri(node, PORT));
    }

    /** The source's disk, to be read. */
    static QemuNbd ofSource(Hosts hosts) throws IOException, InterruptedException {
        hosts.remove(SOCKET);
        LabProcess process = hosts.source()
                .exec(
                        "qemu-nbd",
                        "--format=raw",
                        "--persistent",
                        "--read-only",
                        "--shared=8",
                        "--export-name=" + Nbd.EXPORT,
                        "--socket=" + Hosts.path(SOCKET),
                        Hosts.path(Hosts.DATA));
        Listening.await(process, UnixDomainSocketAddress.of(hosts.onSource(SOCKET)));
        return new QemuNbd(process, Nbd.uri(SOCKET));
    }

    String uri() {
        return uri;
    }

    @Override
    public void close() {
        process.close();
    }
}
