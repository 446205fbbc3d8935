package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A namespace whose link is in a bridge or parked in another, as a capsule's is. */
@Tag("system")
@Timeout(60)
class FrameKeeperSystemTest {

    private static final byte[] MAC = {0x02, 0x4e, 10, 91, 7, 50};
    private static final int BUFFER = 1 << 20;

    private final String name = Waiting.unique("nkf");
    private final String bridge = Waiting.unique("k");
    private final String parking = bridge + "o";
    private final String host = Waiting.unique("f");
    private final String uplink = host + "u";
    private NetworkNamespace namespace = NetworkNamespace.named(name);

    @BeforeEach
    void makeALinkIntoANamespace() throws Exception {
        namespace = NetworkNamespace.create(name);
        LinkLayer.createBridge(bridge);
        LinkLayer.createBridge(parking);
        try (OwnedFd inside = namespace.open()) {
            LinkLayer.createVeth(host, "eth0", inside, MAC);
        }
        try (OwnedFd elsewhere = NetworkNamespace.create(name + "u").open()) {
            LinkLayer.createVeth(uplink, "eth0", elsewhere, new byte[] {2, 0, 0, 0, 0, 1});
        }
        NetworkNamespace.named(name + "u").call(() -> {
            LinkLayer.setUp("eth0");
            return null;
        });
        // A bridge without any port has no carrier and sends nothing.
        LinkLayer.setMaster(uplink, bridge);
        LinkLayer.setUp(uplink);
        LinkLayer.setMaster(host, bridge);
        LinkLayer.setUp(host);
        LinkLayer.setUp(bridge);
        // Else a bridge takes the lowest address of its ports, and forgets its neighbours when that changes.
        LinkLayer.ip(List.of("link set " + bridge + " address 02:00:00:00:00:02"));
        LinkLayer.addAddress(bridge, ip("10.91.7.1"), 24);
        namespace.call(() -> {
            LinkLayer.setUp("lo");
            LinkLayer.setUp("eth0");
            LinkLayer.addAddress("eth0", ip("10.91.7.50"), 24);
            return null;
        });
        // The kernel tells of a carrier with up to a second's delay; until then the bridge would have none without
        // host.
        Waiting.until("the bridge has a carrier of its own", () -> Files.readString(
                        Path.of("/sys/class/net/" + uplink + "/operstate"))
                .startsWith("up"));
    }

    @AfterEach
    void leaveNothingBehind() throws IOException {
        LinkLayer.delete(host);
        LinkLayer.delete(uplink);
        LinkLayer.delete(bridge);
        LinkLayer.delete(parking);
        NetworkNamespace.delete(name);
        NetworkNamespace.delete(name + "u");
    }

    @Test
    void aSegmentSentWhileTheLinkWasParkedIsReadAsSoonAsItIsDelivered() throws Exception {
        try (ServerSocket server = namespace.call(() -> new ServerSocket(7000));
                Socket client = new Socket("10.91.7.50", 7000);
                Socket accepted = server.accept();
                FrameKeeper keeper = FrameKeeper.open(bridge, MAC, BUFFER)) {
            assertThat(keeper.take()).as("nothing has come yet").isEmpty();
            LinkLayer.setMaster(host, parking);
            byte[] sent = "a request of the pause".repeat(1_000).getBytes(StandardCharsets.UTF_8);
            client.getOutputStream().write(sent);
            Waiting.until(
                    "nothing has got through", () -> accepted.getInputStream().available() == 0);
            List<byte[]> kept = keeper.take();
            assertThat(kept).isNotEmpty();
            LinkLayer.setMaster(host, bridge);
            assertThat(FrameKeeper.deliver(host, kept)).isEqualTo(kept.size());
            accepted.setSoTimeout((int) Waiting.PATIENCE.toMillis());
            assertThat(accepted.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
        }
    }

    @Test
    void aDatagramThatNobodyWouldRepeatIsNotLost() throws IOException {
        try (DatagramSocket server = namespace.call(() -> new DatagramSocket(7001));
                DatagramSocket client = new DatagramSocket();
                FrameKeeper keeper = FrameKeeper.open(bridge, MAC, BUFFER)) {
            send(client, "first"); // the neighbour's address is known after this one
            server.setSoTimeout((int) Waiting.PATIENCE.toMillis());
            assertThat(receive(server)).isEqualTo("first");
            var _ = keeper.take();
            LinkLayer.setMaster(host, parking);
            send(client, "second");
            send(client, "third");
            LinkLayer.setMaster(host, bridge);
            FrameKeeper.deliver(host, keeper.take());
            assertThat(receive(server)).isEqualTo("second");
            assertThat(receive(server)).isEqualTo("third");
        }
    }

    @Test
    void framesForOthersAreNotKept() throws IOException {
        byte[] other = {0x02, 0x4e, 10, 91, 7, 51};
        try (DatagramSocket client = new DatagramSocket();
                DatagramSocket server = namespace.call(() -> new DatagramSocket(7001));
                FrameKeeper keeper = FrameKeeper.open(bridge, other, BUFFER)) {
            send(client, "for somebody else");
            assertThat(receive(server)).isEqualTo("for somebody else");
            assertThat(keeper.take()).isEmpty();
        }
    }

    @Test
    void keepsNoMoreThanItMay() throws IOException {
        try (DatagramSocket client = new DatagramSocket();
                DatagramSocket server = namespace.call(() -> new DatagramSocket(7001));
                FrameKeeper keeper = FrameKeeper.open(bridge, MAC, 64 << 10)) {
            send(client, "first");
            assertThat(receive(server)).isEqualTo("first");
            for (int i = 0; i < 2_000; i++) {
                send(client, "x".repeat(1_000));
            }
            assertThat(keeper.take()).hasSizeBetween(10, 500);
        }
    }

    @Test
    void namesWhatIsMissing() throws IOException {
        assertThatThrownBy(() -> FrameKeeper.open("nosuch0", MAC, BUFFER)).hasMessageContaining("link=nosuch0");
        assertThatThrownBy(() -> FrameKeeper.deliver("nosuch0", List.of(new byte[20])))
                .hasMessageContaining("link=nosuch0");
        assertThat(FrameKeeper.deliver(host, List.of(new byte[3], new byte[0])))
                .as("no frame at all")
                .isZero();
    }

    private static void send(DatagramSocket from, String text) throws IOException {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        from.send(new DatagramPacket(data, data.length, new InetSocketAddress("10.91.7.50", 7001)));
    }

    private static String receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2_000], 2_000);
        socket.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    private static Inet4Address ip(String text) throws IOException {
        return (Inet4Address) InetAddress.getByName(text);
    }
}
