package norikae.agent.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.MessageLite;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import norikae.agent.api.v1.Event;
import norikae.agent.client.ControlException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriptionTest {

    private static final Event EVENT = Event.newBuilder().setText("hello").build();

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);
    private final AtomicInteger ends = new AtomicInteger();

    private void message(MessageLite message) throws IOException {
        out.writeByte(0);
        out.writeInt(message.getSerializedSize());
        message.writeTo(out);
    }

    private void trailers(String text) throws IOException {
        out.writeByte(0x80);
        out.writeInt(text.length());
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Subscription<Event> subscription() {
        return new Subscription<>(
                "node-a", new ByteArrayInputStream(bytes.toByteArray()), Event.parser(), ends::incrementAndGet);
    }

    @Test
    void shouldGiveMessagesUntilGoodTrailers() throws Exception {
        message(EVENT);
        message(EVENT);
        trailers("grpc-status: 0\r\n");
        assertThat(subscription()).toIterable().containsExactly(EVENT, EVENT);
        assertThat(ends).hasPositiveValue();
    }

    @ParameterizedTest
    @CsvSource({
        "1,CANCELLED", "2,FAILED", "3,INVALID", "4,UNREACHABLE", "5,NOT_FOUND", "6,ALREADY_EXISTS", "7,PERMISSION",
        "9,PRECONDITION", "10,ABORTED", "13,FAILED", "14,UNREACHABLE", "16,PERMISSION", "99,FAILED", "x,FAILED"
    })
    void shouldTellTheKindsOfFailureApart(String status, Kind kind) throws Exception {
        message(EVENT);
        trailers("grpc-status:" + status + "\r\ngrpc-message: caf%C3%A9 is 100%25 a+b\r\n");
        Subscription<Event> subscription = subscription();
        assertThat(subscription.next()).isEqualTo(EVENT);
        assertThatThrownBy(subscription::hasNext)
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .message()
                .matches(m -> kind == Kind.UNREACHABLE || m.contains("caf\u00e9 is 100% a+b"));
    }

    @Test
    void shouldNotTakeABrokenStreamForAnEnd() throws Exception {
        message(EVENT);
        Subscription<Event> subscription = subscription();
        assertThat(subscription.next()).isEqualTo(EVENT);
        assertThatThrownBy(subscription::hasNext)
                .hasMessage("the connection to node-a broke: it ended in the middle")
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
        assertThat(subscription.hasNext()).isFalse();
    }

    @Test
    void shouldRefuseAFrameOfHugeLengthBeforeMakingRoomForIt() throws Exception {
        out.writeByte(0);
        out.writeInt(Integer.MAX_VALUE);
        assertThatThrownBy(() -> subscription().hasNext())
                .hasMessage("node-a sent a frame of kind 0 and length 2147483647");
    }

    @Test
    void shouldRefuseNegativeLengthUnknownKindAndRubbish() throws Exception {
        out.write(new byte[] {0, -1, -1, -1, -1});
        assertThatThrownBy(() -> subscription().hasNext()).hasMessageContaining("length 4294967295");
        bytes.reset();
        out.write(new byte[] {1, 0, 0, 0, 0});
        assertThatThrownBy(() -> subscription().hasNext()).hasMessageContaining("kind 1");
        bytes.reset();
        out.write(new byte[] {0, 0, 0, 0, 2, -1, -1});
        assertThatThrownBy(() -> subscription().hasNext()).hasMessageContaining("a message that cannot be read");
    }

    /** Says nothing until it is closed, and then the end, like the body of an HTTP response. */
    private static final class SilentBody extends InputStream {

        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public int read() throws IOException {
            try {
                closed.await();
                return -1;
            } catch (InterruptedException e) {
                throw new InterruptedIOException();
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    @Test
    void shouldEndQuietlyForAReaderThatIsWaitingWhenClosed() throws Exception {
        Subscription<Event> subscription =
                new Subscription<>("node-a", new SilentBody(), Event.parser(), ends::incrementAndGet);
        CompletableFuture<Boolean> reader = CompletableFuture.supplyAsync(subscription::hasNext);
        subscription.close();
        assertThat(reader.get(30, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void shouldSayThatAMemberIsGone() {
        Subscription<Event> subscription =
                new Subscription<>("node-a", new SilentBody(), Event.parser(), ends::incrementAndGet);
        subscription.declareDead("node-a has stopped answering");
        assertThatThrownBy(subscription::hasNext).hasMessage("node-a has stopped answering");
    }
}
