package norikae.agent.monitor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import norikae.failover.model.Probe;
import norikae.failover.monitor.ProbeResult;

/** Looks at what the node gives its services: disks and network interfaces. */
final class NodeProbes {

    private NodeProbes() {}

    /** Writes a small file and forces it to the disk: a file system that only remembers what it is told would not do. */
    static ProbeResult disk(String path) throws IOException {
        Path file = Path.of(
                path,
                ".norikae-probe-" + ProcessHandle.current().pid() + "-"
                        + Thread.currentThread().threadId());
        try {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                ByteBuffer text = ByteBuffer.wrap(new byte[] {'o', 'k', '\n'});
                while (text.hasRemaining()) {
                    channel.write(text);
                }
                channel.force(true);
            }
            return ProbeResult.healthy("written");
        } catch (IOException e) {
            return ProbeResult.sick("cannot be written: " + e);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    static ProbeResult link(Probe.Link wanted) throws IOException {
        NetworkInterface link = null;
        if (wanted.interfaceName() != null) {
            link = NetworkInterface.getByName(wanted.interfaceName());
            if (link == null) {
                return ProbeResult.sick("there is no interface " + wanted.interfaceName());
            }
            if (!link.isUp()) {
                return ProbeResult.sick("interface " + wanted.interfaceName() + " is down or has no carrier");
            }
        }
        if (wanted.address() != null) {
            NetworkInterface owner = NetworkInterface.getByInetAddress(InetAddress.getByName(wanted.address()));
            if (owner == null) {
                return ProbeResult.sick("no interface has the address " + wanted.address());
            }
            if (link != null && !owner.equals(link)) {
                return ProbeResult.sick(
                        "address " + wanted.address() + " is on " + owner.getName() + ", not on " + link.getName());
            }
        }
        return ProbeResult.healthy("up");
    }
}
