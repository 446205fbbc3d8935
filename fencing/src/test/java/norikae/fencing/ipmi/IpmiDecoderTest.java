package norikae.fencing.ipmi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Arrays;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever comes in a datagram: it is understood, or it is called malformed; and only what was signed is believed. */
class IpmiDecoderTest {

    private static final SecureRandom RANDOM = new SecureRandom();

    @Property
    void anyDatagramIsDecodedOrMalformed(@ForAll @Size(max = 1100) byte[] datagram) throws Exception {
        byte[] plausible = datagram.clone();
        byte[] start = {6, 0, (byte) 0xff, 7, 6};
        System.arraycopy(start, 0, plausible, 0, Math.min(start.length, plausible.length));
        for (byte[] bytes : new byte[][] {datagram, plausible}) {
            try {
                assertThat(Packet.decode(bytes).payload().length).isLessThanOrEqualTo(bytes.length);
            } catch (MalformedPacketException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Property
    void aPacketSurvivesTheWire(
            @ForAll @IntRange(max = 0x3f) int type,
            @ForAll int session,
            @ForAll int sequence,
            @ForAll @Size(max = 200) byte[] payload)
            throws Exception {
        Packet read = Packet.decode(new Packet(type, session, sequence, payload).encode());
        assertThat(read.type()).isEqualTo(type);
        assertThat(read.sessionId()).isEqualTo(session);
        assertThat(read.sequence()).isEqualTo(sequence);
        assertThat(read.payload()).isEqualTo(payload);
    }

    @Property
    void whatWasSealedOpens(
            @ForAll CipherSuite suite, @ForAll @Size(32) byte[] key, @ForAll @Size(max = 200) byte[] payload)
            throws Exception {
        PacketSealer sealer = new PacketSealer(suite, key, RANDOM);
        byte[] sealed = sealer.seal(Packet.IPMI, 1, 2, payload);
        assertThat((sealed.length - Packet.RMCP_LENGTH - suite.signatureLength) % 4)
                .isZero();
        assertThat(sealer.open(sealed)).isEqualTo(payload);
    }

    @Property
    void oneChangedBitIsNoticed(
            @ForAll CipherSuite suite,
            @ForAll @Size(max = 40) byte[] payload,
            @ForAll @IntRange(min = 0, max = 100_000) int where) {
        PacketSealer sealer = new PacketSealer(suite, new byte[] {1}, RANDOM);
        byte[] sealed = sealer.seal(Packet.IPMI, 1, 2, payload);
        int bit = Packet.RMCP_LENGTH * 8 + where % ((sealed.length - Packet.RMCP_LENGTH) * 8);
        sealed[bit / 8] ^= (byte) (1 << (bit % 8));
        assertThatThrownBy(() -> sealer.open(sealed)).isInstanceOf(MalformedPacketException.class);
    }

    @Property
    void aShorterOrLongerDatagramIsNoticed(
            @ForAll CipherSuite suite,
            @ForAll @Size(max = 40) byte[] payload,
            @ForAll @IntRange(max = 120) int length) {
        PacketSealer sealer = new PacketSealer(suite, new byte[] {1}, RANDOM);
        byte[] sealed = sealer.seal(Packet.IPMI, 1, 2, payload);
        Assume.that(length != sealed.length);
        assertThatThrownBy(() -> sealer.open(Arrays.copyOf(sealed, length)))
                .isInstanceOf(MalformedPacketException.class);
    }

    @Property
    void anotherSessionsKeyOpensNothing(@ForAll CipherSuite suite, @ForAll @Size(max = 40) byte[] payload) {
        byte[] sealed = new PacketSealer(suite, new byte[] {1}, RANDOM).seal(Packet.IPMI, 1, 2, payload);
        assertThatThrownBy(() -> new PacketSealer(suite, new byte[] {2}, RANDOM).open(sealed))
                .isInstanceOf(MalformedPacketException.class);
    }

    @Property
    void anyMessageIsDecodedOrMalformed(@ForAll @Size(max = 64) byte[] message) throws Exception {
        byte[] plausible = message.clone();
        if (plausible.length >= 8) {
            plausible[2] = IpmiMessage.checksum(plausible, 0, 2);
            plausible[plausible.length - 1] = IpmiMessage.checksum(plausible, 3, plausible.length - 1);
        }
        for (byte[] bytes : new byte[][] {message, plausible}) {
            try {
                ChassisStatus status =
                        ChassisStatus.decode(IpmiMessage.decodeResponse(bytes).data());
                assertThat(status.toString()).startsWith("power o");
            } catch (MalformedPacketException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    /** The bytes as the specification has them, written out by hand. */
    @Example
    void aRequestLooksAsTheSpecificationHasIt() {
        assertThat(IpmiMessage.request(IpmiMessage.NETFN_CHASSIS, 1, 0x02, new byte[] {0x00}))
                .containsExactly(0x20, 0x00, 0xe0, 0x81, 0x04, 0x02, 0x00, 0x79);
    }
}
