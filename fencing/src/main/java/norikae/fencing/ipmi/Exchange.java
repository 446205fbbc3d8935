package norikae.fencing.ipmi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Arrays;
import norikae.fencing.device.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * Questions and answers with one BMC over UDP. A question is asked again while no answer comes; what arrives that is not
 * an answer, is passed over. Confined to one thread.
 */
final class Exchange implements AutoCloseable {

    private static final int TRIES = 5;
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

    private final DatagramChannel channel;
    private final Selector selector;
    private @Nullable String lastOddity;

    private Exchange(DatagramChannel channel, Selector selector) {
        this.channel = channel;
        this.selector = selector;
    }

    /** The next datagram to send: a question that is asked again gets another sequence number. */
    interface Question {
        byte[] next();
    }

    /** Finds the answer in a datagram; {@code null} if it is the answer to something else. */
    interface Reader<T> {
        @Nullable
        T read(byte[] datagram) throws IOException;
    }

    static Exchange with(String host, int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IOException("host name " + host + " is not known: write an address");
        }
        DatagramChannel channel = DatagramChannel.open();
        try {
            channel.configureBlocking(false);
            channel.connect(address); // from now on the kernel drops what others send
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            return new Exchange(channel, selector);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** @throws SocketTimeoutException if no answer came, however often it was asked */
    <T> T ask(String what, Question question, Reader<T> reader, Deadline deadline)
            throws IOException, InterruptedException {
        Duration wait = FIRST_WAIT;
        for (int i = 0; i < TRIES && !deadline.isOver(); i++) {
            T answer = askOnce(question.next(), reader, shorter(wait, deadline.left()));
            if (answer != null) {
                return answer;
            }
            wait = shorter(wait.multipliedBy(2), LONGEST_WAIT);
        }
        throw new SocketTimeoutException(
                "no answer to " + what + (lastOddity == null ? "" : " (last came: " + lastOddity + ")"));
    }

    private <T> @Nullable T askOnce(byte[] question, Reader<T> reader, Duration wait)
            throws IOException, InterruptedException {
        Deadline deadline = Deadline.after(wait);
        try {
            channel.write(ByteBuffer.wrap(question));
        } catch (PortUnreachableException e) {
            lastOddity = "nobody listens at that port";
        }
        while (!deadline.isOver()) {
            byte[] datagram = receive(deadline);
            if (datagram == null) {
                continue;
            }
            try {
                T answer = reader.read(datagram);
                if (answer != null) {
                    return answer;
                }
            } catch (MalformedPacketException e) {
                lastOddity = e.getMessage();
            }
        }
        return null;
    }

    private byte @Nullable [] receive(Deadline deadline) throws IOException, InterruptedException {
        selector.select(Math.max(1, deadline.left().toMillis()));
        selector.selectedKeys().clear();
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        ByteBuffer buffer = ByteBuffer.allocate(Packet.LENGTH_MAX + 1); // one more, so that too long is seen
        try {
            int length = channel.read(buffer);
            return length <= 0 ? null : Arrays.copyOf(buffer.array(), length);
        } catch (PortUnreachableException e) {
            lastOddity = "nobody listens at that port";
            return null;
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    @Override
    public void close() throws IOException {
        try (channel;
                selector) {
            // closing is all
        }
    }
}
