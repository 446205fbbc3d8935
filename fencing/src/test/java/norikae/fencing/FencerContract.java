package norikae.fencing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
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

    private static final Duration BAD_PATIENCE = Duration.ofMillis(1500);

    private final List<String> said = Collections.synchronizedList(new ArrayList<>());

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
        heard(fencer.toString() + fencer.description());
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
        Map<String, Fencer> bad = badDevices();
        Map<String, FencingResult> results = new ConcurrentHashMap<>();
        List<Thread> threads = new ArrayList<>();
        bad.forEach((name, fencer) -> threads.add(Thread.ofVirtual().start(() -> {
            try {
                results.put(name, heard(fencer.stop(BAD_PATIENCE)));
                heard(fencer.check(BAD_PATIENCE));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        })));
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(results)
                .containsOnlyKeys(bad.keySet())
                .allSatisfy((name, result) -> assertThat(result).as(name).isInstanceOf(Unproven.class));
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
        said.add(String.valueOf(answer));
        return answer;
    }
}
