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
import java.util.zip.CRC32C;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.linux.GratuitousArp;
import norikae.linux.LinkLayer;
import norikae.linux.NetworkNamespace;

/**
 * A capsule's network namespace and the link that joins it to the node's bridge.
 *
 * <p><em>Detached</em> means parked in a second bridge that is down: carrier and routes stay, so that the kernel inside
 * notices nothing and sockets can be rebuilt, yet no frame comes in or out. A host end without any bridge would not do: the
 * node's own network stack would answer its frames.
 *
 * <p>The MAC address is made from the IPv4 address, so that neighbours' caches stay right when the service moves.
 */
final class CapsuleLink {

    static final String INSIDE = "eth0";
    private static final String PARKING_BRIDGE = "nkpark0";

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

    /** Makes namespace and link, up but detached. What an earlier capsule of this name left is removed. */
    void create() throws IOException {
        remove();
        requireBridge();
        NetworkNamespace.create(namespaceName());
        if (LinkLayer.index(PARKING_BRIDGE).isEmpty()) {
            LinkLayer.ip(List.of("link add " + PARKING_BRIDGE + " type bridge"));
        }
        LinkLayer.ip(List.of(
                "link add " + hostEnd() + " type veth peer name " + INSIDE + " address " + macText() + " netns "
                        + namespaceName(),
                "link set " + hostEnd() + " master " + PARKING_BRIDGE + " up"));
        namespace().call(() -> {
            // No router solicitations and no second address: this link carries one IPv4 address.
            Path noIpv6 = Path.of("/proc/sys/net/ipv6/conf/all/disable_ipv6");
            if (Files.exists(noIpv6)) {
                Files.writeString(noIpv6, "1");
            }
            return null;
        });
        LinkLayer.ipIn(
                namespaceName(),
                List.of(
                        "link set lo up",
                        "addr add " + address + " brd + dev " + INSIDE,
                        "link set " + INSIDE + " up"));
    }

    boolean exists() {
        return NetworkNamespace.exists(namespaceName());
    }

    void attach() throws IOException {
        LinkLayer.leave(hostEnd(), PARKING_BRIDGE);
        LinkLayer.join(hostEnd(), bridge);
    }

    void detach() throws IOException {
        LinkLayer.leave(hostEnd(), bridge);
        LinkLayer.join(hostEnd(), PARKING_BRIDGE);
    }

    /** Tells switches and neighbours where the address is now. */
    void announce() throws IOException {
        namespace().call(() -> {
            GratuitousArp.send(INSIDE, ip(), mac());
            return null;
        });
    }

    /** Removes link and namespace; does nothing if they are not there. */
    void remove() throws IOException {
        if (LinkLayer.index(hostEnd()).isPresent()) {
            LinkLayer.ip(List.of("link del " + hostEnd()));
        }
        NetworkNamespace.delete(namespaceName());
    }

    private void requireBridge() throws IOException {
        if (LinkLayer.index(bridge).isEmpty()) {
            throw new CapsuleException("this node has no bridge '" + bridge + "': create it and put the node's network"
                    + " interface into it, or name another one in node.json");
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
