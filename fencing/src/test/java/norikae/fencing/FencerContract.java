package norikae.fencing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every device promises that others stop a server by; run against each of them. */
@Timeout(120)
public abstract class FencerContract {

    /** Enough for any device that works. */
    protected static final Duration PATIENCE = Duration.ofSeconds(30);

    private final StringBuilder said = new StringBuilder();

    /** Stops a server that {@link #serverRuns} tells of; called once a test. */
    protected abstract Fencer fencerOfARunningServer() throws Exception;

    protected abstract boolean serverRuns() throws Exception;

    /** Devices that lie, die, are deaf, or refuse the password: what they are, and their fencers. */
    protected abstract Map<String, Fencer> badDevices() throws Exception;

    /** A device that takes every order and never stops the server. */
    protected abstract Fencer fencerThatNeverSucceeds() throws Exception;

    /** The password in all of the above. */
    protected @Nullable String secret() {
        return null;
    }

    @Test
    void stopsTheServerAndProvesIt() throws Exception {
        Fencer fencer = fencerOfARunningServer();
        said.append(fencer).append(heard(fencer.description()));
        assertThat(serverRuns()).isTrue();
        assertThat(heard(fencer.check(PATIENCE)).ready()).isTrue();
        assertThat(serverRuns()).as("a check changes nothing").isTrue();

        assertThat(heard(fencer.stop(PATIENCE)))
                .isInstanceOfSatisfying(Confirmed.class, confirmed -> assertThat(confirmed.kind())
                        .isEqualTo(ProofKind.CONFIRMED_OFF));
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void aServerThatIsOffAlreadyIsStopped() throws Exception {
        Fencer fencer = fencerOfARunningServer();
        assertThat(heard(fencer.stop(PATIENCE))).isInstanceOf(Confirmed.class);
        assertThat(heard(fencer.stop(PATIENCE))).isInstanceOf(Confirmed.class);
        assertThat(heard(fencer.check(PATIENCE)).ready()).isTrue();
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void aBadDeviceNeverConfirms() throws Exception {
        for (Map.Entry<String, Fencer> bad : badDevices().entrySet()) {
            FencingResult result = heard(bad.getValue().stop(Duration.ofMillis(1500)));
            assertThat(result).as(bad.getKey()).isInstanceOf(Unproven.class);
            heard(bad.getValue().check(Duration.ofMillis(1500)));
        }
    }

    @Test
    void stoppingCanBeInterrupted() throws Exception {
        Fencer fencer = fencerThatNeverSucceeds();
        CompletableFuture<Class<?>> ended = new CompletableFuture<>();
        AtomicReference<@Nullable FencingResult> result = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                result.set(fencer.stop(Duration.ofHours(1)));
                ended.complete(FencingResult.class);
            } catch (InterruptedException e) {
                ended.complete(InterruptedException.class);
            } catch (RuntimeException e) {
                ended.complete(e.getClass());
            }
        });
        // Wherever it is by then: an interruption must end it at any moment.
        assertThat(thread.join(Duration.ofMillis(300))).isFalse();
        thread.interrupt();
        assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo(InterruptedException.class);
    }

    @AfterEach
    void noSecretWasTold() {
        if (secret() != null) {
            assertThat(said.toString()).doesNotContain(secret());
        }
    }

    /** Notes all that a fencer says, so that no secret hides in it. */
    protected <T> T heard(T answer) {
        said.append(answer).append('\n');
        return answer;
    }
}
