package norikae.agent.capsule;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks a network whether somebody has an address already (RFC 5227), and has the kernel do it: a datagram to the address,
 * sent on a link that has none itself, makes it broadcast ARP probes, and its table of neighbours tells the answer.
 *
 * <p>Confined to a thread in the link's network namespace.
 */
final class AddressProbe {

    private static final int PROBES = 3;
    private static final Duration INTERVAL = Duration.ofMillis(100); // a LAN answers within one
    private static final long POLL_NANOS = 5_000_000;
    private static final int DISCARD_PORT = 9;
    private static final int COMPLETE = 2; // ATF_COM, arp(7)

    private AddressProbe() {}

    /** The MAC address of whoever has {@code address}; empty if nobody says so. */
    static Optional<String> owner(String link, Inet4Address address) throws IOException {
        Path settings = Path.of("/proc/sys/net/ipv4/neigh", link);
        Path interval = settings.resolve("retrans_time_ms");
        String usual = Files.readString(interval);
        set(interval, Long.toString(INTERVAL.toMillis()));
        set(settings.resolve("mcast_solicit"), Integer.toString(PROBES));
        try {
            return ask(link, address);
        } finally {
            set(interval, usual);
        }
    }

    private static Optional<String> ask(String link, Inet4Address address) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            var _ = channel.send(ByteBuffer.allocate(1), new InetSocketAddress(address, DISCARD_PORT));
        }
        long deadline = System.nanoTime() + INTERVAL.multipliedBy(PROBES + 1).toNanos();
        do {
            Optional<String> mac = neighbour(link, address);
            if (mac.isPresent()) {
                return mac;
            }
            LockSupport.parkNanos(POLL_NANOS);
        } while (System.nanoTime() - deadline < 0);
        return Optional.empty();
    }

    private static Optional<String> neighbour(String link, Inet4Address address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/thread-self/net/arp"))) {
            String[] f = line.split(" +"); // address, type, flags, MAC, mask, link
            if (f.length == 6
                    && f[0].equals(address.getHostAddress())
                    && f[5].equals(link)
                    && (Integer.decode(f[2]) & COMPLETE) != 0) {
                return Optional.of(f[3]);
            }
        }
        return Optional.empty();
    }

    private static void set(Path file, String value) throws IOException {
        Files.writeString(file, value.strip(), StandardOpenOption.WRITE);
    }
}
