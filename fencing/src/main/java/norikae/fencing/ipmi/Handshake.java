package norikae.fencing.ipmi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.SecureRandom;
import norikae.fencing.device.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * Agrees on a session with a BMC (IPMI 2.0, Open Session and RAKP). The BMC proves first that it knows the password, in
 * RAKP 2; so nobody who only claims to be the BMC can ever say that a server is off.
 */
final class Handshake {

    private static final int RANDOM_LENGTH = 16;
    private static final int GUID_LENGTH = 16;
    private static final int OPEN_SESSION_RESPONSE_LENGTH = 36;
    private static final int RAKP_2_LENGTH = 8 + RANDOM_LENGTH + GUID_LENGTH;
    private static final int RAKP_4_LENGTH = 8;
    private static final int ERROR_LENGTH = 2;

    /** The user is found by his name alone, whatever he may do at most; else some BMCs know only the highest level. */
    private static final int BY_NAME_ONLY = 0x10;

    private final Exchange exchange;
    private final Account account;
    private final SecureRandom random;
    private final byte[] user;
    private final byte[] role;
    private final int ourId;
    private final byte[] ourRandom = new byte[RANDOM_LENGTH];
    private byte tag;

    Handshake(Exchange exchange, Account account, SecureRandom random) {
        this.exchange = exchange;
        this.account = account;
        this.random = random;
        byte[] name = account.userBytes();
        this.user = ByteBuffer.allocate(1 + name.length)
                .put((byte) name.length)
                .put(name)
                .array();
        this.role = new byte[] {(byte) (account.privilege().level | BY_NAME_ONLY)};
        this.ourId = 1 + random.nextInt(Integer.MAX_VALUE);
        random.nextBytes(ourRandom);
        this.tag = (byte) random.nextInt();
    }

    /** A session that both sides agree on. */
    record Agreed(int ourId, int theirId, PacketSealer sealer) {}

    /** @throws IpmiRefusedException if the BMC refuses us, or does not know the password */
    Agreed agree(Deadline deadline) throws IOException, InterruptedException {
        int theirId = openSession(deadline);
        Rakp2 rakp2 = rakp1(theirId, deadline);
        byte[] key = account.password().bytes();
        CipherSuite suite = account.suite();
        byte[] expected = suite.hmac(key, id(ourId), id(theirId), ourRandom, rakp2.random, rakp2.guid, role, user);
        if (!MessageDigest.isEqual(expected, rakp2.code)) {
            throw new IpmiRefusedException("the password of user " + account.user()
                    + " is not the one that the BMC knows: correct it (or it is not this BMC that answers)");
        }
        byte[] sessionKey = suite.hmac(key, ourRandom, rakp2.random, role, user);
        byte[] ourCode = suite.hmac(key, rakp2.random, id(ourId), role, user);
        byte[] theirCode = rakp3(theirId, ourCode, deadline);
        if (!MessageDigest.isEqual(suite.signature(sessionKey, ourRandom, id(theirId), rakp2.guid), theirCode)) {
            throw new IpmiRefusedException("the BMC derived another session key: it may not support cipher suite "
                    + suite.number + " properly; try another");
        }
        return new Agreed(ourId, theirId, new PacketSealer(suite, sessionKey, random));
    }

    private int openSession(Deadline deadline) throws IOException, InterruptedException {
        byte[] request = little(32)
                .put(nextTag())
                .put((byte) account.privilege().level)
                .putShort((short) 0)
                .putInt(ourId)
                .put(algorithm(0, account.suite().authentication))
                .put(algorithm(1, account.suite().integrity))
                .put(algorithm(2, CipherSuite.AES_CBC_128))
                .array();
        return ask(
                "Open Session",
                Packet.OPEN_SESSION_REQUEST,
                request,
                Packet.OPEN_SESSION_RESPONSE,
                OPEN_SESSION_RESPONSE_LENGTH,
                in -> {
                    int theirId = in.getInt(8);
                    int authentication = in.get(16) & 0x3f;
                    int integrity = in.get(24) & 0x3f;
                    int confidentiality = in.get(32) & 0x3f;
                    if (authentication != account.suite().authentication
                            || integrity != account.suite().integrity
                            || confidentiality != CipherSuite.AES_CBC_128) {
                        throw new IpmiRefusedException("the BMC insists on other algorithms than cipher suite "
                                + account.suite().number + ": enable that suite on it, or write another cipherSuite");
                    }
                    return theirId;
                },
                deadline);
    }

    private static final class Rakp2 {
        private final byte[] random = new byte[RANDOM_LENGTH];
        private final byte[] guid = new byte[GUID_LENGTH];
        private final byte[] code;

        Rakp2(ByteBuffer in, int codeLength) {
            code = new byte[codeLength];
            in.position(8).get(random).get(guid).get(code);
        }
    }

    private Rakp2 rakp1(int theirId, Deadline deadline) throws IOException, InterruptedException {
        byte[] request = little(4 + 4 + RANDOM_LENGTH + 4 + user.length - 1)
                .put(nextTag())
                .put(new byte[3])
                .putInt(theirId)
                .put(ourRandom)
                .put(role)
                .putShort((short) 0)
                .put(user)
                .array();
        int digest = account.suite().digestLength;
        return ask(
                "RAKP 1",
                Packet.RAKP_1,
                request,
                Packet.RAKP_2,
                RAKP_2_LENGTH + digest,
                in -> new Rakp2(in, digest),
                deadline);
    }

    private byte[] rakp3(int theirId, byte[] code, Deadline deadline) throws IOException, InterruptedException {
        byte[] request = little(8 + code.length)
                .put(nextTag())
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(theirId)
                .put(code)
                .array();
        int length = account.suite().signatureLength;
        return ask(
                "RAKP 3",
                Packet.RAKP_3,
                request,
                Packet.RAKP_4,
                RAKP_4_LENGTH + length,
                in -> {
                    byte[] theirCode = new byte[length];
                    in.position(RAKP_4_LENGTH).get(theirCode);
                    return theirCode;
                },
                deadline);
    }

    private interface Body<T> {
        T read(ByteBuffer in) throws IOException;
    }

    private <T> T ask(
            String what, int type, byte[] request, int answerType, int answerLength, Body<T> body, Deadline deadline)
            throws IOException, InterruptedException {
        byte[] datagram = Packet.plain(type, request).encode();
        byte asked = request[0];
        return exchange.ask(
                what,
                () -> datagram,
                answer -> {
                    ByteBuffer in = answerTo(asked, what, answer, answerType, answerLength);
                    return in == null ? null : body.read(in);
                },
                deadline);
    }

    /** The payload of the answer, all of which is there; {@code null} if the datagram answers something else. */
    private @Nullable ByteBuffer answerTo(byte asked, String what, byte[] datagram, int type, int length)
            throws IOException {
        Packet packet = Packet.decode(datagram);
        byte[] payload = packet.payload();
        if (packet.type() != type || payload.length < ERROR_LENGTH || payload[0] != asked) {
            return null;
        }
        int status = Byte.toUnsignedInt(payload[1]);
        if (status != 0) {
            throw new IpmiRefusedException(what + " was refused: " + StatusCode.rakp(status, account));
        }
        ByteBuffer in = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        if (payload.length < length || in.getInt(4) != ourId) {
            throw new MalformedPacketException("an answer to " + what + " of " + payload.length + " bytes");
        }
        return in;
    }

    private byte nextTag() {
        return ++tag;
    }

    private static byte[] algorithm(int kind, int number) {
        return new byte[] {(byte) kind, 0, 0, 8, (byte) number, 0, 0, 0};
    }

    private static byte[] id(int value) {
        return little(Integer.BYTES).putInt(value).array();
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
