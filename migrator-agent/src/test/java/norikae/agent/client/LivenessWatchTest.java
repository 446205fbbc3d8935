package norikae.agent.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import norikae.agent.config.ClientConfig.Member;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LivenessWatchTest {

    private static final Duration OFTEN = Duration.ofMillis(10);

    private static boolean waitLong() throws InterruptedException {
        return new CountDownLatch(1).await(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldEndTheWaitForAMemberWhosePortIsGone() throws Exception {
        Member member;
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            member = new Member("127.0.0.1", server.getLocalPort());
        }
        try (LivenessWatch watch = new LivenessWatch(member, true, OFTEN)) {
            assertThatThrownBy(() -> watch.whileWaiting(LivenessWatchTest::waitLong))
                    .hasMessage(member + " has stopped answering");
            assertThat(watch.isDead()).isTrue();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
    }

    @Test
    void shouldLetAMemberTakeItsTimeThatStillAccepts() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Member member = new Member("127.0.0.1", server.getLocalPort());
            CountDownLatch answer = new CountDownLatch(1);
            try (LivenessWatch watch = new LivenessWatch(member, true, OFTEN)) {
                Thread.startVirtualThread(() -> {
                    try {
                        server.accept().close(); // the watch has looked
                        server.accept().close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    answer.countDown();
                });
                assertThat(watch.whileWaiting(() -> answer.await(60, TimeUnit.SECONDS)))
                        .isTrue();
                assertThat(watch.isDead()).isFalse();
            }
        }
    }
}
