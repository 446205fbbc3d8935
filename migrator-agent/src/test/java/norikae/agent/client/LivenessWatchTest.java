package norikae.agent.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import norikae.agent.config.ClientConfig.Member;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LivenessWatchTest {

    private static final Duration OFTEN = Duration.ofMillis(10);

    @Test
    void shouldEndTheWaitForAMemberWhosePortIsGone() throws Exception {
        Member member;
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            member = new Member("127.0.0.1", server.getLocalPort());
        }
        try (LivenessWatch watch = new LivenessWatch(member, true, OFTEN)) {
            assertThatThrownBy(() -> watch.whileWaiting(new CompletableFuture<>()))
                    .hasMessage(member + " has stopped answering");
            assertThat(watch.isDead()).isTrue();
        }
    }

    @Test
    void shouldLetAMemberTakeItsTimeThatStillAccepts() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Member member = new Member("127.0.0.1", server.getLocalPort());
            CompletableFuture<String> answer = new CompletableFuture<>();
            try (LivenessWatch watch = new LivenessWatch(member, true, OFTEN)) {
                Thread.startVirtualThread(() -> {
                    try {
                        server.accept().close(); // the watch has looked
                        server.accept().close();
                        answer.complete("late");
                    } catch (java.io.IOException e) {
                        answer.completeExceptionally(e);
                    }
                });
                assertThat(watch.whileWaiting(answer)).isEqualTo("late");
                assertThat(watch.isDead()).isFalse();
            }
        }
    }
}
