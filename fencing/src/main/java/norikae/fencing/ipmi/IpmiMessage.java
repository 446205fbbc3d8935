package norikae.fencing.ipmi;

import java.util.Arrays;

/** An IPMI request or response as it travels in a session: two addresses, two checksums, and a command between. */
final class IpmiMessage {

    static final int NETFN_CHASSIS = 0x00;
    static final int NETFN_APP = 0x06;

    private static final int BMC = 0x20;
    private static final int REMOTE_CONSOLE = 0x81;
    private static final int REQUEST_OVERHEAD = 7;
    private static final int RESPONSE_OVERHEAD = 8;

    private final int netFn;
    private final int sequence;
    private final int command;
    private final int completionCode;
    private final byte[] data;

    private IpmiMessage(int netFn, int sequence, int command, int completionCode, byte[] data) {
        this.netFn = netFn;
        this.sequence = sequence;
        this.command = command;
        this.completionCode = completionCode;
        this.data = data;
    }

    /** @param sequence 0 to 63, which the response repeats */
    static byte[] request(int netFn, int sequence, int command, byte[] data) {
        byte[] out = new byte[REQUEST_OVERHEAD + data.length];
        out[0] = BMC;
        out[1] = (byte) (netFn << 2);
        out[2] = checksum(out, 0, 2);
        out[3] = (byte) REMOTE_CONSOLE;
        out[4] = (byte) (sequence << 2);
        out[5] = (byte) command;
        System.arraycopy(data, 0, out, 6, data.length);
        out[out.length - 1] = checksum(out, 3, out.length - 1);
        return out;
    }

    static IpmiMessage decodeResponse(byte[] in) throws MalformedPacketException {
        if (in.length < RESPONSE_OVERHEAD) {
            throw new MalformedPacketException("an IPMI response of " + in.length + " bytes");
        }
        if (in[2] != checksum(in, 0, 2) || in[in.length - 1] != checksum(in, 3, in.length - 1)) {
            throw new MalformedPacketException("an IPMI response with a wrong checksum");
        }
        int netFn = Byte.toUnsignedInt(in[1]) >> 2;
        if ((netFn & 1) == 0) {
            throw new MalformedPacketException("an IPMI request where a response belongs");
        }
        return new IpmiMessage(
                netFn - 1,
                Byte.toUnsignedInt(in[4]) >> 2,
                Byte.toUnsignedInt(in[5]),
                Byte.toUnsignedInt(in[6]),
                Arrays.copyOfRange(in, 7, in.length - 1));
    }

    /** Whether this is the response to that request. */
    boolean answers(int requestNetFn, int requestSequence, int requestCommand) {
        return netFn == requestNetFn && sequence == requestSequence && command == requestCommand;
    }

    int completionCode() {
        return completionCode;
    }

    byte[] data() {
        return data;
    }

    /** What makes the sum of all bytes 0. */
    static byte checksum(byte[] bytes, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += bytes[i];
        }
        return (byte) -sum;
    }
}
