package norikae.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.Totals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Targets with a node's certificate that die, fall silent, or say nonsense. */
@Timeout(60)
class BrokenTargetTest {

    private interface Behaviour {
        void serve(RawPeer source) throws Exception;
    }

    private static TlsMaterial nodeA;
    private static SSLContext nodeB;

    private final CountDownLatch testEnds = new CountDownLatch(1);

    @BeforeAll
    static void certificates(@TempDir Path pkiDirectory) throws Exception {
        TestPki pki = new TestPki(pkiDirectory);
        nodeA = pki.node("node-a");
        nodeB = pki.jdk("node-b", "node");
    }

    @AfterEach
    void endTargets() {
        testEnds.countDown();
        Await.noBufferInUse();
    }

    @Test
    void aTargetThatDiesInterruptsTheSource() throws Exception {
        InetSocketAddress target = target(source -> {
            welcome(source);
            source.hear();
            source.die();
        });
        try (ImageStream stream = open(target)) {
            assertThatThrownBy(() -> sendForEver(stream))
                    .isInstanceOf(TransferInterruptedException.class)
                    .hasMessageContaining("move=m-1 peer=node-b@localhost:")
                    .hasMessageNotContaining("bytes=0");
        }
    }

    @Test
    void aTargetThatClosesBeforeTheReceiptInterruptsTheSource() throws Exception {
        InetSocketAddress target = target(source -> {
            welcome(source);
            assertThat(source.hear()).isInstanceOf(Frame.ImagesComplete.class);
        });
        try (ImageStream stream = open(target)) {
            assertThatThrownBy(stream::complete)
                    .isInstanceOf(TransferInterruptedException.class)
                    .hasMessageContaining("target closed the connection");
        }
    }

    @Test
    void aTargetThatReadsNothingInterruptsTheSourceAfterItsPatience() throws Exception {
        InetSocketAddress target = target(source -> {
            welcome(source);
            testEnds.await();
        });
        try (ImageStream stream = open(target)) {
            assertThatThrownBy(() -> sendForEver(stream)).isInstanceOf(TransferInterruptedException.class);
        }
    }

    @Test
    void aReceiptThatDoesNotComeInterruptsTheSource() throws Exception {
        InetSocketAddress target = target(source -> {
            welcome(source);
            testEnds.await();
        });
        try (ImageStream stream = open(target)) {
            assertThatThrownBy(stream::complete)
                    .isInstanceOf(TransferInterruptedException.class)
                    .hasMessageContaining("everything was sent, but no receipt came within PT0.5S");
        }
    }

    @Test
    void aReceiptForSomethingElseIsNoReceipt() throws Exception {
        InetSocketAddress target = target(source -> {
            welcome(source);
            source.hear();
            source.say(new Frame.Received(new Totals(1, 2, 3, 4)));
            testEnds.await();
        });
        try (ImageStream stream = open(target)) {
            assertThatThrownBy(stream::complete)
                    .isInstanceOf(TransferFailedException.class)
                    .hasMessageContaining("its receipt says");
        }
    }

    @Test
    void aMalformedAnswerIsNamed() throws Exception {
        InetSocketAddress target = target(source -> {
            source.hear();
            source.say("SSH-2.0-OpenSSH_9.2 and some more\r\n".getBytes(StandardCharsets.US_ASCII));
            testEnds.await();
        });
        assertThatThrownBy(() -> open(target))
                .isInstanceOf(TransferInterruptedException.class)
                .hasMessageContaining("target's answer is malformed: wire format: magic=0x5353482d at byte 0");
    }

    @Test
    void aTargetThatNeverAnswersTheTicketIsGivenUp() throws Exception {
        InetSocketAddress target = target(_ -> testEnds.await());
        StreamOptions hasty = new StreamOptions(
                true,
                java.time.Duration.ofMillis(700),
                java.time.Duration.ofSeconds(1),
                java.time.Duration.ofSeconds(1));
        assertThatThrownBy(() -> DataClient.open(target, nodeA, TransferTest.ticket("m-1"), hasty))
                .isInstanceOf(TransferInterruptedException.class)
                .hasMessageContaining("within PT0.7S");
    }

    private static void welcome(RawPeer source) throws IOException {
        assertThat(source.hear()).isInstanceOf(Frame.Hello.class);
        source.say(new Frame.Welcome());
    }

    private static ImageStream open(InetSocketAddress target) throws IOException {
        return DataClient.open(target, nodeA, TransferTest.ticket("m-1"), TransferTest.impatient());
    }

    private static void sendForEver(ImageStream stream) throws IOException {
        ByteBuffer data = ByteBuffer.allocateDirect(1024 * 1024);
        new Random(1).longs(data.capacity() / 8).forEach(data::putLong);
        data.flip();
        for (long address = 0; ; address += data.capacity()) {
            stream.pages(PageSpace.task(1), address, data);
        }
    }

    private static InetSocketAddress target(Behaviour behaviour) throws IOException {
        SSLServerSocket listening = (SSLServerSocket)
                nodeB.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress());
        listening.setNeedClientAuth(true);
        Thread.ofPlatform().daemon().name("broken-target").start(() -> {
            try (listening;
                    RawPeer source = new RawPeer((SSLSocket) listening.accept())) {
                behaviour.serve(source);
            } catch (Exception e) {
                // Broken as it is meant to be; the source's view is what the tests look at.
                throw new IllegalStateException(e);
            }
        });
        return new InetSocketAddress(listening.getInetAddress(), listening.getLocalPort());
    }
}
