package norikae.fencing.ipmi;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A BMC that can misbehave. It shares the codecs with the client; that it is a real BMC all the same is shown by
 * {@code ipmitool}, which works with it.
 */
final class TestBmc implements AutoCloseable {

    enum Fault {
        NONE,
        SAYS_NOTHING,
        LOSES_EVERY_OTHER_DATAGRAM,
        NEVER_SWITCHES_OFF,
        DIES_AFTER_THE_HANDSHAKE,
        DIES_AFTER_THE_ORDER,
        ANSWERS_UNSIGNED,
        ANSWERS_WITH_A_WRONG_SIGNATURE,
        REPEATS_OLD_ANSWERS,
        SENDS_GARBAGE,
        DOES_NOT_KNOW_THE_PASSWORD,
        DERIVES_ANOTHER_KEY,
        REFUSES_ORDERS,
        HAS_NO_DIAGNOSTIC_INTERRUPT
    }

    private static final byte[] GUID = "a BMC for a test".getBytes(StandardCharsets.US_ASCII);

    private final DatagramSocket socket;
    private final int port;
    private final CipherSuite suite;
    private final byte[] password;
    private final Fault fault;
    private final SecureRandom random = new SecureRandom();
    private final Random garbage = new Random(4711);
    private final AtomicBoolean powerOn = new AtomicBoolean(true);
    private final List<Integer> orders = Collections.synchronizedList(new ArrayList<>());

    private final byte[] ourRandom = new byte[16];
    private final int ourId = 0x01020304;
    private int theirId;
    private byte[] theirRandom = new byte[16];
    private byte[] roleAndUser = new byte[0];
    private @Nullable PacketSealer sealer;
    private byte @Nullable [] firstAnswer;
    private int sent;
    private int seen;
    private int offForQuestions;

    TestBmc(CipherSuite suite, String password, Fault fault) throws IOException {
        this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        this.port = socket.getLocalPort();
        this.suite = suite;
        this.password = password.getBytes(StandardCharsets.UTF_8);
        this.fault = fault;
        Thread.ofPlatform().daemon().name("test-bmc").start(this::serve);
    }

    int port() {
        return port;
    }

    boolean powerOn() {
        return powerOn.get();
    }

    /** The data bytes of every Chassis Control. */
    List<Integer> orders() {
        return List.copyOf(orders);
    }

    private void serve() {
        byte[] buffer = new byte[2048];
        while (true) {
            try {
                DatagramPacket datagram = new DatagramPacket(buffer, buffer.length);
                socket.receive(datagram);
                byte[] answer = answer(Arrays.copyOf(buffer, datagram.getLength()));
                if (fault == Fault.SENDS_GARBAGE) {
                    garbage(datagram, answer);
                } else if (answer != null) {
                    socket.send(new DatagramPacket(answer, answer.length, datagram.getSocketAddress()));
                }
            } catch (SocketException e) {
                return;
            } catch (IOException e) {
                // A datagram that is none of ours.
            }
        }
    }

    private void garbage(DatagramPacket to, byte @Nullable [] answer) throws IOException {
        byte[] bytes = answer == null || garbage.nextBoolean() ? new byte[garbage.nextInt(200)] : answer.clone();
        for (int i = bytes.length / 2; i < bytes.length; i++) {
            bytes[i] = (byte) garbage.nextInt();
        }
        socket.send(new DatagramPacket(bytes, bytes.length, to.getSocketAddress()));
    }

    private byte @Nullable [] answer(byte[] datagram) throws IOException {
        if (fault == Fault.SAYS_NOTHING || (fault == Fault.LOSES_EVERY_OTHER_DATAGRAM && seen++ % 2 == 0)) {
            return null;
        }
        if (datagram.length > 14 && datagram[4] == 0) {
            return capabilities(datagram);
        }
        Packet packet = Packet.decode(datagram);
        ByteBuffer in = ByteBuffer.wrap(packet.payload()).order(ByteOrder.LITTLE_ENDIAN);
        return switch (packet.type()) {
            case Packet.OPEN_SESSION_REQUEST -> openSession(in);
            case Packet.RAKP_1 -> rakp2(in);
            case Packet.RAKP_3 -> rakp4(in);
            case Packet.IPMI -> command(datagram);
            default -> null;
        };
    }

    /** The question of IPMI 1.5, outside of any session, with which ipmitool begins; the answer: it can do IPMI 2.0. */
    private static byte[] capabilities(byte[] datagram) {
        byte[] body = {0, 1, (byte) 0x80, 0x14, 0x02, 0, 0, 0, 0};
        byte[] response = response(Arrays.copyOfRange(datagram, 14, datagram.length), body);
        byte[] out = Arrays.copyOf(datagram, 14 + response.length);
        out[13] = (byte) response.length;
        System.arraycopy(response, 0, out, 14, response.length);
        return out;
    }

    private byte[] openSession(ByteBuffer in) {
        boolean agreed = in.get(12) == suite.authentication && in.get(20) == suite.integrity;
        theirId = in.getInt(4);
        if (!agreed) {
            byte[] no = {in.get(0), 0x04, 0, 0, in.get(4), in.get(5), in.get(6), in.get(7)};
            return Packet.plain(Packet.OPEN_SESSION_RESPONSE, no).encode();
        }
        byte[] algorithms = Arrays.copyOfRange(all(in), 8, 32);
        ByteBuffer out = little(36).put(in.get(0)).put((byte) 0).put(in.get(1)).put((byte) 0);
        return Packet.plain(
                        Packet.OPEN_SESSION_RESPONSE,
                        all(out.putInt(theirId).putInt(ourId).put(algorithms)))
                .encode();
    }

    private byte[] rakp2(ByteBuffer in) {
        in.get(8, theirRandom);
        byte role = in.get(24);
        int userLength = Byte.toUnsignedInt(in.get(27));
        ByteBuffer both = ByteBuffer.allocate(2 + userLength).put(role).put((byte) userLength);
        roleAndUser = all(both.put(all(in), 28, userLength));
        random.nextBytes(ourRandom);
        byte[] key = fault == Fault.DOES_NOT_KNOW_THE_PASSWORD ? new byte[] {1} : password;
        byte[] code = suite.hmac(key, id(theirId), id(ourId), theirRandom, ourRandom, GUID, roleAndUser);
        ByteBuffer out =
                little(40 + code.length).put(in.get(0)).put(new byte[3]).putInt(theirId);
        return Packet.plain(Packet.RAKP_2, all(out.put(ourRandom).put(GUID).put(code)))
                .encode();
    }

    private byte[] rakp4(ByteBuffer in) {
        byte[] code = Arrays.copyOfRange(all(in), 8, in.capacity());
        if (!MessageDigest.isEqual(code, suite.hmac(password, ourRandom, id(theirId), roleAndUser))) {
            byte[] no = all(little(8)
                    .put(in.get(0))
                    .put((byte) 0x0f)
                    .putShort((short) 0)
                    .putInt(theirId));
            return Packet.plain(Packet.RAKP_4, no).encode();
        }
        byte[] key = suite.hmac(password, theirRandom, ourRandom, roleAndUser);
        sealer = new PacketSealer(suite, key, random);
        byte[] check = suite.signature(key, theirRandom, id(ourId), GUID);
        check[0] ^= (byte) (fault == Fault.DERIVES_ANOTHER_KEY ? 1 : 0);
        ByteBuffer out =
                little(8 + check.length).put(in.get(0)).put(new byte[3]).putInt(theirId);
        return Packet.plain(Packet.RAKP_4, all(out.put(check))).encode();
    }

    private byte @Nullable [] command(byte[] datagram) throws IOException {
        PacketSealer now = sealer;
        if (now == null || fault == Fault.DIES_AFTER_THE_HANDSHAKE) {
            return null;
        }
        byte[] request = now.open(datagram);
        byte[] response = respond(request);
        if (fault == Fault.DIES_AFTER_THE_ORDER && !orders.isEmpty()) {
            return null;
        }
        if (fault == Fault.ANSWERS_UNSIGNED) {
            return new Packet(Packet.IPMI, theirId, ++sent, response).encode();
        }
        byte[] sealed = now.seal(Packet.IPMI, theirId, ++sent, response);
        if (fault == Fault.ANSWERS_WITH_A_WRONG_SIGNATURE) {
            sealed[sealed.length - 1] ^= 1;
        }
        firstAnswer = firstAnswer == null ? sealed : firstAnswer;
        return fault == Fault.REPEATS_OLD_ANSWERS ? firstAnswer : sealed;
    }

    private byte[] respond(byte[] request) {
        int netFn = request[1] >> 2;
        int command = request[5];
        byte[] body =
                switch (netFn << 8 | command) {
                    case 0x0001 -> status();
                    case 0x0002 -> control(request[6]);
                    case 0x063b -> new byte[] {0, request[6]};
                    case 0x063c -> new byte[] {0};
                    default -> new byte[] {(byte) 0xc1};
                };
        return response(request, body);
    }

    private static byte[] response(byte[] request, byte[] body) {
        byte[] out = new byte[7 + body.length];
        out[0] = request[3];
        out[1] = (byte) (request[1] | 4);
        out[2] = IpmiMessage.checksum(out, 0, 2);
        out[3] = request[0];
        out[4] = request[4];
        out[5] = request[5];
        System.arraycopy(body, 0, out, 6, body.length);
        out[out.length - 1] = IpmiMessage.checksum(out, 3, out.length - 1);
        return out;
    }

    private byte[] status() {
        boolean liar = fault == Fault.ANSWERS_UNSIGNED || fault == Fault.ANSWERS_WITH_A_WRONG_SIGNATURE;
        boolean cycling = offForQuestions-- > 0;
        return new byte[] {0, (byte) (powerOn.get() && !liar && !cycling ? 0x61 : 0x60), 0, 0};
    }

    private byte[] control(int order) {
        orders.add(order);
        if (fault == Fault.REFUSES_ORDERS) {
            return new byte[] {(byte) 0xd4};
        }
        if (order == ChassisControl.DIAGNOSTIC_INTERRUPT.code && fault == Fault.HAS_NO_DIAGNOSTIC_INTERRUPT) {
            return new byte[] {(byte) 0xcc};
        }
        if (fault != Fault.NEVER_SWITCHES_OFF) {
            switch (order) {
                case 0 -> powerOn.set(false);
                case 1 -> powerOn.set(true);
                case 2 -> offForQuestions = 2;
                default -> {}
            }
        }
        return new byte[] {0};
    }

    private static byte[] id(int value) {
        return all(little(4).putInt(value));
    }

    private static byte[] all(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        socket.close();
    }
}
