package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Network links of the calling thread's network namespace; rtnetlink(7). Thread-safe.
 *
 * <p>Nothing here but {@link #ip} starts a process: a link in or out of its bridge stands in the pause of a move.
 */
public final class LinkLayer {

    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int NAME_BYTES = 16;
    private static final int IFREQ_BYTES = 40;
    private static final int NO_MASTER = 0;
    private static final int LINK_ATTRIBUTES = RouteMessage.HEADER_BYTES + 16; // after struct ifinfomsg
    private static final int IPV4_BITS = 32;
    private static final int MAC_BYTES = 6;

    private LinkLayer() {}

    /** The kernel's number of a link; empty if there is none of this name. */
    public static Optional<Integer> index(String link) throws LinuxException {
        try (Arena arena = Arena.ofConfined();
                OwnedFd socket = socket()) {
            MemorySegment request = request(arena, link);
            LibC.syscall("ioctl", Numbers.IOCTL, "SIOCGIFINDEX " + link, socket.fd(), SIOCGIFINDEX, request.address());
            return Optional.of(request.get(ValueLayout.JAVA_INT, NAME_BYTES));
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENODEV) {
                return Optional.empty();
            }
            throw e;
        }
    }

    public static boolean exists(String link) throws LinuxException {
        return index(link).isPresent();
    }

    /** The bridge in which a link is; empty if it is in none. @throws LinuxException ENODEV if there is no such link */
    public static Optional<String> master(String link) throws IOException {
        try (RouteSocket socket = RouteSocket.open()) {
            RouteMessage ask = message("RTM_GETLINK", "link=" + link, RouteMessage.GET_LINK, 0);
            Optional<Integer> master = socket.ask(ask.link(requiredIndex("RTM_GETLINK", link), 0, 0))
                    .flatMap(answer -> RouteSocket.attribute(answer, LINK_ATTRIBUTES, RouteMessage.IFLA_MASTER))
                    .map(value -> value.getInt(0));
            if (master.isEmpty()) {
                return Optional.empty();
            }
            RouteMessage askName = message("RTM_GETLINK", "master of " + link, RouteMessage.GET_LINK, 0);
            return socket.ask(askName.link(master.get(), 0, 0))
                    .flatMap(answer -> RouteSocket.attribute(answer, LINK_ATTRIBUTES, RouteMessage.IFLA_IFNAME))
                    .map(RouteSocket::text);
        }
    }

    /** Puts {@code link} into {@code bridge}, in one step out of the one that it is in; does nothing if it is there. */
    public static void setMaster(String link, String bridge) throws IOException {
        String about = "link=" + link + ", master=" + bridge;
        int master = index(bridge).orElseThrow(() -> new LinuxException("RTM_NEWLINK", Errno.ENODEV, about));
        setMaster(about, link, master);
    }

    /** Takes {@code link} out of whatever bridge it is in; its carrier stays. */
    public static void clearMaster(String link) throws IOException {
        setMaster("link=" + link + ", master=none", link, NO_MASTER);
    }

    private static void setMaster(String about, String link, int master) throws IOException {
        change(message("RTM_NEWLINK", about, RouteMessage.NEW_LINK, 0)
                .link(requiredIndex("RTM_NEWLINK", link), 0, 0)
                .with(RouteMessage.IFLA_MASTER, master));
    }

    /** The same as {@link #setMaster}. */
    public static void join(String link, String bridge) throws IOException {
        setMaster(link, bridge);
    }

    /** Takes {@code link} out of {@code bridge}; its carrier stays. Does nothing if it is not in there. */
    public static void leave(String link, String bridge) throws IOException {
        if (master(link).filter(bridge::equals).isPresent()) {
            clearMaster(link);
        }
    }

    public static void setUp(String link) throws IOException {
        setFlags(link, "up", RouteMessage.IFF_UP);
    }

    public static void setDown(String link) throws IOException {
        setFlags(link, "down", 0);
    }

    private static void setFlags(String link, String what, int flags) throws IOException {
        change(message("RTM_NEWLINK", "link=" + link + ", " + what, RouteMessage.NEW_LINK, 0)
                .link(requiredIndex("RTM_NEWLINK", link), flags, RouteMessage.IFF_UP));
    }

    /** An empty bridge, down. @throws LinuxException EEXIST if the name is taken */
    public static void createBridge(String bridge) throws IOException {
        RouteMessage create =
                message("RTM_NEWLINK", "link=" + bridge + ", bridge", RouteMessage.NEW_LINK, RouteMessage.CREATE_NEW);
        change(create.link(0, 0, 0)
                .with(RouteMessage.IFLA_IFNAME, requireName(bridge))
                .nested(RouteMessage.IFLA_LINKINFO, () -> create.with(RouteMessage.IFLA_INFO_KIND, "bridge")));
    }

    /**
     * A pair of connected links, both down: {@code host} here, {@code peer} in the network namespace {@code inside}.
     *
     * @param mac the peer's
     * @throws LinuxException EEXIST if one of the names is taken; then nothing is left
     */
    public static void createVeth(String host, String peer, OwnedFd inside, byte[] mac) throws IOException {
        requireName(host);
        requireName(peer);
        if (mac.length != MAC_BYTES) {
            throw new IllegalArgumentException("MAC address of " + mac.length + " bytes, not " + MAC_BYTES);
        }
        RouteMessage create = message(
                "RTM_NEWLINK", "link=" + host + ", veth, peer=" + peer, RouteMessage.NEW_LINK, RouteMessage.CREATE_NEW);
        create.link(0, 0, 0).with(RouteMessage.IFLA_IFNAME, host);
        create.nested(RouteMessage.IFLA_LINKINFO, () -> create.with(RouteMessage.IFLA_INFO_KIND, "veth")
                .nested(
                        RouteMessage.IFLA_INFO_DATA,
                        () -> create.nested(RouteMessage.VETH_INFO_PEER, () -> create.link(0, 0, 0)
                                .with(RouteMessage.IFLA_IFNAME, peer)
                                .with(RouteMessage.IFLA_ADDRESS, mac)
                                .with(RouteMessage.IFLA_NET_NS_FD, inside.fd()))));
        change(create);
    }

    /** With the broadcast address of its network. @throws LinuxException EEXIST if the link has it */
    public static void addAddress(String link, Inet4Address address, int prefixLength) throws IOException {
        if (prefixLength < 0 || prefixLength > IPV4_BITS) {
            throw new IllegalArgumentException("prefix length " + prefixLength + ": use 0 to " + IPV4_BITS);
        }
        String about = "link=" + link + ", address=" + address.getHostAddress() + "/" + prefixLength;
        RouteMessage add = message("RTM_NEWADDR", about, RouteMessage.NEW_ADDRESS, RouteMessage.CREATE_NEW)
                .address(prefixLength, requiredIndex("RTM_NEWADDR", link))
                .with(RouteMessage.IFA_LOCAL, address.getAddress())
                .with(RouteMessage.IFA_ADDRESS, address.getAddress());
        if (prefixLength < IPV4_BITS - 1) {
            int broadcast = ByteBuffer.wrap(address.getAddress()).getInt() | (int) (0xffffffffL >>> prefixLength);
            add.with(
                    RouteMessage.IFA_BROADCAST,
                    ByteBuffer.allocate(4).putInt(broadcast).array());
        }
        change(add);
    }

    /** @throws LinuxException ENETUNREACH if no link of ours reaches {@code gateway}, EEXIST if there is a default route */
    public static void addDefaultRoute(Inet4Address gateway) throws IOException {
        change(message(
                        "RTM_NEWROUTE",
                        "default via " + gateway.getHostAddress(),
                        RouteMessage.NEW_ROUTE,
                        RouteMessage.CREATE_NEW)
                .defaultRoute()
                .with(RouteMessage.RTA_GATEWAY, gateway.getAddress()));
    }

    /** Deletes a link, and the peer of a veth with it. Does nothing if it is not there. */
    public static void delete(String link) throws IOException {
        Optional<Integer> index = index(link);
        if (index.isEmpty()) {
            return;
        }
        try {
            change(message("RTM_DELLINK", "link=" + link, RouteMessage.DELETE_LINK, 0)
                    .link(index.get(), 0, 0));
        } catch (LinuxException e) {
            if (e.errno() != Errno.ENODEV) {
                throw e; // it can vanish by itself, with the namespace of its peer
            }
        }
    }

    /** Runs lines of ip(8), such as {@code link set lo up}, all or up to the first that fails. */
    public static void ip(List<String> lines) throws IOException {
        IpBatch.run(List.of(), lines);
    }

    /** The same inside a named network namespace. */
    public static void ipIn(String namespace, List<String> lines) throws IOException {
        IpBatch.run(List.of("-n", namespace), lines);
    }

    private static RouteMessage message(String call, String about, short type, int flags) {
        return new RouteMessage(call, about, type, flags);
    }

    private static void change(RouteMessage message) throws IOException {
        try (RouteSocket socket = RouteSocket.open()) {
            Optional<ByteBuffer> _ = socket.ask(message);
        }
    }

    private static int requiredIndex(String call, String link) throws LinuxException {
        return index(link).orElseThrow(() -> new LinuxException(call, Errno.ENODEV, "link=" + link));
    }

    private static OwnedFd socket() throws LinuxException {
        long fd = LibC.syscall("socket", Numbers.SOCKET, "AF_INET", AF_INET, SOCK_DGRAM | UnixSockets.SOCK_CLOEXEC, 0);
        return new OwnedFd((int) fd, "socket for ioctl");
    }

    private static MemorySegment request(Arena arena, String name) {
        byte[] bytes = requireName(name).getBytes(StandardCharsets.US_ASCII);
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8); // struct ifreq
        MemorySegment.copy(MemorySegment.ofArray(Arrays.copyOf(bytes, NAME_BYTES)), 0, request, 0, NAME_BYTES);
        return request;
    }

    private static String requireName(String name) {
        if (name.isEmpty() || name.length() >= NAME_BYTES) {
            throw new IllegalArgumentException(
                    "link name '" + name + "' has " + name.length() + " characters: use 1 to " + (NAME_BYTES - 1));
        }
        if (!name.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != ':')) {
            throw new IllegalArgumentException("link name '" + name + "': use letters, digits, '-', '_' and '.'");
        }
        return name;
    }
}
