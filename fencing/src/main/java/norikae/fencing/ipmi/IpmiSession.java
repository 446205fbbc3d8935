package norikae.fencing.ipmi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.time.Duration;
import norikae.fencing.device.Deadline;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commands within a session, one at a time. Confined to one thread. */
final class IpmiSession implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(IpmiSession.class);

    private static final SecureRandom RANDOM = new SecureRandom();

    private static final int SET_SESSION_PRIVILEGE_LEVEL = 0x3b;
    private static final int CLOSE_SESSION = 0x3c;
    private static final int SEQUENCES = 64;
    private static final int BUSY = 0xc0;
    private static final Duration BUSY_PAUSE = Duration.ofMillis(200);
    private static final Duration CLOSE_PATIENCE = Duration.ofMillis(500);

    private final Exchange exchange;
    private final Handshake.Agreed session;
    private int sent;
    private int received;
    private int requests;

    private IpmiSession(Exchange exchange, Handshake.Agreed session) {
        this.exchange = exchange;
        this.session = session;
    }

    static IpmiSession open(String host, int port, Account account, Deadline deadline)
            throws IOException, InterruptedException {
        Exchange exchange = Exchange.with(host, port);
        boolean opened = false;
        try {
            IpmiSession session = new IpmiSession(exchange, new Handshake(exchange, account, RANDOM).agree(deadline));
            // A session starts with the right of a plain user.
            session.order(
                    "Set Session Privilege Level",
                    IpmiMessage.NETFN_APP,
                    SET_SESSION_PRIVILEGE_LEVEL,
                    new byte[] {(byte) account.privilege().level},
                    deadline);
            opened = true;
            return session;
        } finally {
            if (!opened) {
                exchange.close();
            }
        }
    }

    /** The data of the response. @throws IpmiRefusedException if the BMC does not do it */
    byte[] order(String what, int netFn, int command, byte[] data, Deadline deadline)
            throws IOException, InterruptedException {
        IpmiMessage response = request(what, netFn, command, data, deadline);
        while (response.completionCode() == BUSY && !deadline.isOver()) {
            deadline.pause(BUSY_PAUSE);
            response = request(what, netFn, command, data, deadline);
        }
        if (response.completionCode() != StatusCode.OK) {
            throw new IpmiRefusedException(what + ": " + StatusCode.completion(response.completionCode()));
        }
        return response.data();
    }

    private IpmiMessage request(String what, int netFn, int command, byte[] data, Deadline deadline)
            throws IOException, InterruptedException {
        int sequence = requests++ % SEQUENCES;
        byte[] message = IpmiMessage.request(netFn, sequence, command, data);
        return exchange.ask(
                what,
                () -> session.sealer().seal(Packet.IPMI, session.theirId(), ++sent, message),
                datagram -> response(datagram, netFn, sequence, command),
                deadline);
    }

    /** Only what is newer than all that came before: nobody may answer with an older answer that he has recorded. */
    private @Nullable IpmiMessage response(byte[] datagram, int netFn, int sequence, int command)
            throws MalformedPacketException {
        Packet packet = Packet.decode(datagram);
        if (packet.type() != Packet.IPMI || packet.sessionId() != session.ourId()) {
            return null;
        }
        byte[] payload = session.sealer().open(datagram);
        if (Integer.compareUnsigned(packet.sequence(), received) <= 0) {
            throw new MalformedPacketException("an answer that came before");
        }
        received = packet.sequence();
        IpmiMessage response = IpmiMessage.decodeResponse(payload);
        return response.answers(netFn, sequence, command) ? response : null;
    }

    /** Tells the BMC, whose sessions are few; it forgets them by itself after a minute. */
    @Override
    public void close() {
        try (exchange) {
            byte[] id = ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(session.theirId())
                    .array();
            request("Close Session", IpmiMessage.NETFN_APP, CLOSE_SESSION, id, Deadline.after(CLOSE_PATIENCE));
        } catch (IOException e) {
            LOG.debug("the session was not closed: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
