package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node (namespace) with a bridge, a service's link and the network's link in it; a client at the far end of the latter. */
@Tag("system")
@Timeout(60)
class PacketGateSystemTest {

    private static final long SECOND = 1_000_000_000L;

    private final String node = Waiting.unique("gtn");
    private final String service = Waiting.unique("gts");
    private final String client = Waiting.unique("gtc");

    @BeforeEach
    void aNodeAServiceAndAClient() throws IOException {
        for (String name : List.of(node, service, client)) {
            NetworkNamespace.create(name);
        }
        LinkLayer.ipIn(
                node,
                List.of(
                        "link set lo up",
                        "link add br0 type bridge",
                        "link set br0 up",
                        "link add nkservice type veth peer name eth0 netns " + service,
                        "link add up0 type veth peer name eth0 netns " + client,
                        "link set nkservice master br0 up",
                        "link set up0 master br0 up",
                        "addr add 10.99.7.1/24 dev br0"));
        LinkLayer.ipIn(service, List.of("link set eth0 up", "addr add 10.99.7.2/24 dev eth0"));
        LinkLayer.ipIn(client, List.of("link set eth0 up", "addr add 10.99.7.3/24 dev eth0"));
    }

    @AfterEach
    void leaveNothingBehind() throws IOException {
        for (String name : List.of(node, service, client)) {
            NetworkNamespace.delete(name);
        }
    }

    @Test
    void aServiceIsHeardWhileTheGateIsOpenAndNoLongerWhenItsTimeIsOverThoughNobodyShutsIt() throws Exception {
        try (DatagramSocket atService = socketIn(service, "10.99.7.2");
                DatagramSocket atClient = socketIn(client, "10.99.7.3");
                PacketGate gate = NetworkNamespace.named(node).call(() -> PacketGate.open("nk*"))) {
            assertThat(arrives(atService, atClient)).as("a new gate is shut").isFalse();
            gate.openFor(PacketGate.FOR_EVER);
            awaitArrival(atService, atClient);
            gate.openFor(SECOND);
            Waiting.until("the gate to shut", () -> !arrives(atService, atClient));
            for (int i = 0; i < 20; i++) {
                gate.openFor(30 * SECOND);
            }
            awaitArrival(atService, atClient);
            awaitArrival(atClient, atService);
            gate.openFor(0);
            assertThat(arrives(atService, atClient)).isFalse();
            assertThat(arrives(atClient, atService)).isFalse();
        }
    }

    @Test
    void theNodeItselfIsNoWayAroundTheGate() throws Exception {
        try (DatagramSocket atService = socketIn(service, "10.99.7.2");
                DatagramSocket atNode = socketIn(node, "10.99.7.1");
                DatagramSocket atClient = socketIn(client, "10.99.7.3");
                PacketGate gate = NetworkNamespace.named(node).call(() -> PacketGate.open("nk*"))) {
            assertThat(arrives(atService, atNode)).isFalse();
            assertThat(arrives(atNode, atService)).isFalse();
            awaitArrival(atNode, atClient);
            gate.openFor(PacketGate.FOR_EVER);
            awaitArrival(atService, atNode);
        }
    }

    @Test
    void aGateThatIsMadeAgainIsAsItWas() throws Exception {
        try (DatagramSocket atService = socketIn(service, "10.99.7.2");
                DatagramSocket atClient = socketIn(client, "10.99.7.3")) {
            NetworkNamespace inNode = NetworkNamespace.named(node);
            try (PacketGate gate = inNode.call(() -> PacketGate.open("nk*"))) {
                gate.openFor(PacketGate.FOR_EVER);
            }
            PacketGate again = inNode.call(() -> PacketGate.open("nk*"));
            again.close();
            awaitArrival(atService, atClient);
            boolean done = inNode.call(() -> {
                PacketGate.remove();
                return true;
            });
            assertThat(done).isTrue();
            awaitArrival(atService, atClient);
        }
    }

    private static DatagramSocket socketIn(String namespace, String address) throws IOException {
        return NetworkNamespace.named(namespace)
                .call(() -> new DatagramSocket(new InetSocketAddress(InetAddress.getByName(address), 7999)));
    }

    /** Neighbours that did not answer are asked again after a second or so. */
    private static void awaitArrival(DatagramSocket from, DatagramSocket to) throws Exception {
        Waiting.until("a datagram to arrive", () -> arrives(from, to));
    }

    /** Whether one of a few datagrams comes through. */
    private static boolean arrives(DatagramSocket from, DatagramSocket to) throws IOException {
        byte[] text = ("t" + System.nanoTime()).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        to.setSoTimeout(100);
        for (int attempt = 0; attempt < 3; attempt++) {
            from.send(new DatagramPacket(text, text.length, to.getLocalSocketAddress()));
            try {
                DatagramPacket got = new DatagramPacket(new byte[64], 64);
                do {
                    to.receive(got);
                } while (!java.util.Arrays.equals(text, java.util.Arrays.copyOf(got.getData(), got.getLength())));
                return true;
            } catch (SocketTimeoutException e) {
                // perhaps the next one
            }
        }
        return false;
    }
}
