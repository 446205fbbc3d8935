package norikae.agent.capsule;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.linux.FrameKeeper;
import norikae.linux.GratuitousArp;
import norikae.linux.LinkLayer;
import norikae.linux.NetworkNamespace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A capsule's network namespace and the link that joins it to the node's bridge. Thread-safe.
 *
 * <p><em>Detached</em> means parked in a second bridge that is down: carrier and routes stay, so that the kernel inside
 * notices nothing and sockets can be rebuilt, yet no frame comes in or out. A host end without any bridge would not do: the
 * node's own network stack would answer its frames.
 *
 * <p>The MAC address is made from the IPv4 address, so that neighbours' caches stay right when the service moves.
 */
final class CapsuleLink {

    static final String INSIDE = "eth0";

    private static final Logger LOG = LoggerFactory.getLogger(CapsuleLink.class);
    private static final long[] ANNOUNCE_AGAIN_MILLIS = {150, 350, 700, 1_300, 2_000};

    /** One for all capsules of a node; it stays when they go. */
    private static final String PARKING_BRIDGE = "nkpark0";

    /** A few thousand segments: more than the clients of one service send before they wait for an answer. */
    private static final int KEPT_BYTES_MAX = 16 << 20;

    private final ServiceName service;
    private final ServiceAddress address;
    private final String bridge;

    CapsuleLink(ServiceName service, ServiceAddress address, String bridge) {
        this.service = service;
        this.address = address;
        this.bridge = bridge;
    }

    String namespaceName() {
        return "nk-" + service;
    }

    NetworkNamespace namespace() {
        return NetworkNamespace.named(namespaceName());
    }

    /** The host's end; interface names have at most 15 characters, names of services more. */
    String hostEnd() {
        CRC32C hash = new CRC32C();
        hash.update(service.value().getBytes(StandardCharsets.UTF_8));
        return "nk" + HexFormat.of().toHexDigits((int) hash.getValue());
    }

    /**
     * Makes namespace and link, up but detached and without an address. What an earlier capsule of this name left is
     * removed.
     */
    void create() throws IOException {
        remove();
        requireBridge();
        requireParking();
        NetworkNamespace.create(namespaceName());
        LinkLayer.ip(List.of(
                "link add " + hostEnd() + " type veth peer name " + INSIDE + " netns " + namespaceName(),
                "link set " + hostEnd() + " master " + PARKING_BRIDGE + " up"));
        namespace().call(() -> {
            // No router solicitations and no second address: this link carries one IPv4 address.
            Path noIpv6 = Path.of("/proc/sys/net/ipv6/conf/all/disable_ipv6");
            if (Files.exists(noIpv6)) {
                Files.writeString(noIpv6, "1");
            }
            // Restored sockets speak before their link is attached, and the kernel's next question for a neighbour
            // would
            // come a second later. As long as by default, and forty times as often.
            Path neighbours = Path.of("/proc/sys/net/ipv4/neigh", INSIDE);
            Files.writeString(neighbours.resolve("retrans_time_ms"), "25");
            Files.writeString(neighbours.resolve("mcast_solicit"), "120");
            return null;
        });
        inside("link set lo up", "link set " + INSIDE + " up");
    }

    /**
     * Attaches the link and asks whether the service's address is free. The link has another MAC address then, because
     * whoever has ours already could not answer us.
     *
     * @throws CapsuleException if somebody has the address
     */
    void requireFreeAddress() throws IOException {
        attach();
        inside("route add " + address.ip() + "/32 dev " + INSIDE);
        Optional<String> owner = namespace().call(() -> AddressProbe.owner(INSIDE, ip()));
        if (owner.isPresent()) {
            throw new CapsuleException("address " + address.ip() + " of service " + service
                    + " is in use on the network of bridge '" + bridge + "' by the MAC address " + owner.get()
                    + ": stop what has it, or give the service another address");
        }
        inside("route del " + address.ip() + "/32 dev " + INSIDE, "neigh flush dev " + INSIDE);
    }

    /** Gives the link the service's addresses. */
    void configure() throws IOException {
        inside("link set " + INSIDE + " address " + macText(), "addr add " + address + " brd + dev " + INSIDE);
    }

    void attach() throws IOException {
        LinkLayer.setMaster(hostEnd(), bridge);
    }

    void detach() throws IOException {
        LinkLayer.setMaster(hostEnd(), PARKING_BRIDGE);
    }

    boolean attached() throws IOException {
        return LinkLayer.exists(hostEnd())
                && LinkLayer.master(hostEnd()).filter(bridge::equals).isPresent();
    }

    /**
     * Tells switches and neighbours where the address is now, and a few times more in the seconds to come: an announcement can be
     * lost, neighbours ignore one that comes within a second of another, and a switch believes a late frame from the old place.
     */
    void announce() throws IOException {
        announceOnce();
        Thread.ofPlatform().daemon().name("announce-" + service).start(() -> {
            try {
                for (long pause : ANNOUNCE_AGAIN_MILLIS) {
                    Thread.sleep(pause);
                    if (!attached()) {
                        return; // it has moved on, and is announced elsewhere
                    }
                    announceOnce();
                }
            } catch (IOException e) {
                LOG.debug("service={} is not announced again: {}", service, e.getMessage()); // it has ended
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void announceOnce() throws IOException {
        namespace().call(() -> {
            GratuitousArp.send(INSIDE, ip(), mac());
            return null;
        });
    }

    /** Begins to keep what comes for the service. */
    FrameKeeper keepFrames() throws IOException {
        return FrameKeeper.open(bridge, mac(), KEPT_BYTES_MAX);
    }

    /** Draws the service's frames to this node, although its link is detached. */
    void divert() throws IOException {
        GratuitousArp.send(bridge, ip(), mac());
    }

    /** Gives the service what was kept for it. */
    void deliver(List<byte[]> frames) throws IOException {
        FrameKeeper.deliver(hostEnd(), frames);
    }

    /** Removes link and namespace; does nothing if they are not there. */
    void remove() throws IOException {
        LinkLayer.delete(hostEnd());
        NetworkNamespace.delete(namespaceName());
    }

    private void inside(String... lines) throws IOException {
        LinkLayer.ipIn(namespaceName(), List.of(lines));
    }

    private void requireBridge() throws IOException {
        if (!LinkLayer.exists(bridge)) {
            throw new CapsuleException("this node has no bridge '" + bridge + "': create it and put the node's network"
                    + " interface into it, or name another one in node.json");
        }
    }

    /** One thread at a time: two services may start at once. */
    private static synchronized void requireParking() throws IOException {
        if (!LinkLayer.exists(PARKING_BRIDGE)) {
            LinkLayer.createBridge(PARKING_BRIDGE);
        }
    }

    private Inet4Address ip() throws IOException {
        return (Inet4Address) InetAddress.getByName(address.ip());
    }

    private byte[] mac() throws IOException {
        // 02: locally administered; 4e: N
        return ByteBuffer.allocate(6)
                .put((byte) 0x02)
                .put((byte) 0x4e)
                .put(ip().getAddress())
                .array();
    }

    private String macText() throws IOException {
        return HexFormat.ofDelimiter(":").formatHex(mac());
    }
}
