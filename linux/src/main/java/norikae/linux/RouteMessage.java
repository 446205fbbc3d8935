package norikae.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A request to rtnetlink(7) under construction: header, fixed part, attributes. Confined to the thread that builds it.
 *
 * <pre>
 *   u32 length  u16 type  u16 flags  u32 sequence  u32 port | fixed part of the type | u16 length u16 type data pad …
 * </pre>
 */
final class RouteMessage {

    static final int HEADER_BYTES = 16; // struct nlmsghdr
    static final int ATTRIBUTE_HEADER_BYTES = 4; // struct nlattr

    static final short NEW_LINK = 16;
    static final short DELETE_LINK = 17;
    static final short GET_LINK = 18;
    static final short NEW_ADDRESS = 20;
    static final short NEW_ROUTE = 24;

    static final short CREATE_NEW = 0x400 | 0x200; // NLM_F_CREATE | NLM_F_EXCL

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MASTER = 10;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_NET_NS_FD = 28;
    static final int IFLA_INFO_KIND = 1;
    static final int IFLA_INFO_DATA = 2;
    static final int VETH_INFO_PEER = 1;
    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFA_BROADCAST = 4;
    static final int RTA_GATEWAY = 5;

    static final int IFF_UP = 1;

    private static final short REQUEST_AND_ACK = 1 | 4;
    private static final int NESTED = 0x8000;
    private static final int BYTES_MAX = 1024;

    private final String call;
    private final String about;
    private final ByteBuffer bytes = ByteBuffer.allocate(BYTES_MAX).order(ByteOrder.nativeOrder());

    /** Begins one; {@code about} is what an error is to name: links, addresses. */
    RouteMessage(String call, String about, short type, int flags) {
        this.call = call;
        this.about = about;
        bytes.putInt(0)
                .putShort(type)
                .putShort((short) (REQUEST_AND_ACK | flags))
                .putInt(0)
                .putInt(0);
    }

    String call() {
        return call;
    }

    String about() {
        return about;
    }

    /** struct ifinfomsg; {@code index} is 0 if the link is told by its name. */
    RouteMessage link(int index, int flags, int change) {
        bytes.putInt(0).putInt(index).putInt(flags).putInt(change);
        return this;
    }

    /** struct ifaddrmsg of an IPv4 address. */
    RouteMessage address(int prefixLength, int index) {
        bytes.put((byte) 2).put((byte) prefixLength).put((byte) 0).put((byte) 0).putInt(index);
        return this;
    }

    /** struct rtmsg of the IPv4 default route: main table, protocol static, whole universe, unicast. */
    RouteMessage defaultRoute() {
        bytes.put((byte) 2).put((byte) 0).put((byte) 0).put((byte) 0);
        bytes.put((byte) 254).put((byte) 4).put((byte) 0).put((byte) 1).putInt(0);
        return this;
    }

    RouteMessage with(int attribute, byte[] value) {
        bytes.putShort((short) (ATTRIBUTE_HEADER_BYTES + value.length)).putShort((short) attribute);
        bytes.put(value).put(new byte[padding(value.length)]);
        return this;
    }

    RouteMessage with(int attribute, int value) {
        bytes.putShort((short) (ATTRIBUTE_HEADER_BYTES + 4)).putShort((short) attribute);
        bytes.putInt(value);
        return this;
    }

    RouteMessage with(int attribute, String value) {
        return with(attribute, (value + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    /** An attribute that holds what {@code content} adds. */
    RouteMessage nested(int attribute, Runnable content) {
        int start = bytes.position();
        bytes.putShort((short) 0).putShort((short) (attribute | NESTED));
        content.run();
        bytes.putShort(start, (short) (bytes.position() - start));
        return this;
    }

    byte[] finished(int sequence) {
        bytes.putInt(0, bytes.position()).putInt(8, sequence);
        byte[] message = new byte[bytes.position()];
        bytes.get(0, message);
        return message;
    }

    static int padding(int length) {
        return -length & 3;
    }
}
