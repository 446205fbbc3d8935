package norikae.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import norikae.fencing.LevelledFencer.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LevelledFencerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<Duration> patiences = Collections.synchronizedList(new ArrayList<>());

    @Test
    void theFirstLevelThatConfirmsEndsIt() throws Exception {
        Fencer fencer = levels(List.of(bad("deaf")), List.of(good("outlet")), List.of(forbidden()));
        assertThat(fencer.stop(PATIENCE)).isEqualTo(new Confirmed(ProofKind.CONFIRMED_OFF, "level 2: outlet: off"));
    }

    @Test
    void aLevelNeedsEveryOneOfItsDevices() throws Exception {
        Fencer fencer = levels(List.of(good("outlet 1"), bad("outlet 2")));
        assertThat(fencer.stop(PATIENCE)).isEqualTo(new Unproven("level 1: outlet 2: no"));
        Fencer both = levels(List.of(good("outlet 1"), good("outlet 2")));
        assertThat(both.stop(PATIENCE))
                .isEqualTo(new Confirmed(ProofKind.CONFIRMED_OFF, "level 1: outlet 1: off and outlet 2: off"));
    }

    @Test
    void theReasonOfEveryLevelIsTold() throws Exception {
        assertThat(levels(List.of(bad("a")), List.of(bad("b"))).stop(PATIENCE))
                .isEqualTo(new Unproven("level 1: a: no; level 2: b: no"));
    }

    @Test
    void eachLevelGetsAFairShareOfWhatIsLeft() throws Exception {
        levels(List.of(bad("a")), List.of(bad("b")), List.of(bad("c"))).stop(Duration.ofSeconds(9));
        assertThat(patiences.get(0)).isLessThanOrEqualTo(Duration.ofSeconds(3));
        assertThat(patiences.get(2)).as("time that others did not use").isGreaterThan(Duration.ofSeconds(3));
    }

    @Test
    void aDeviceThatThrowsIsNoProofAndTheNextIsTried() throws Exception {
        Fencer broken = new Device("broken", () -> {
            throw new IllegalStateException("bug");
        });
        assertThat(levels(List.of(broken), List.of(good("b"))).stop(PATIENCE)).isInstanceOf(Confirmed.class);
        assertThat(levels(List.of(broken)).stop(PATIENCE))
                .isInstanceOfSatisfying(
                        Unproven.class, no -> assertThat(no.why()).contains("broken", "bug"));
    }

    @Test
    void aDeviceThatIgnoresItsPatienceDoesNotHoldUpTheNext() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Fencer hanging = new Device("hanging", () -> {
            never.await();
            return new Confirmed(ProofKind.CONFIRMED_OFF, "far too late");
        });
        assertThat(levels(List.of(hanging), List.of(good("b"))).stop(Duration.ofMillis(200)))
                .isInstanceOf(Confirmed.class);
    }

    @Test
    void anInterruptionReachesEveryDevice() throws Exception {
        CountDownLatch waiting = new CountDownLatch(2);
        CountDownLatch interrupted = new CountDownLatch(2);
        Answer untilInterrupted = () -> {
            waiting.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
            throw new AssertionError("unreachable");
        };
        Fencer fencer = levels(List.of(new Device("a", untilInterrupted), new Device("b", untilInterrupted)));
        Thread caller = Thread.ofVirtual().start(() -> assertThatThrownBy(() -> fencer.stop(Duration.ofHours(1)))
                .isInstanceOf(InterruptedException.class));
        waiting.await();
        caller.interrupt();
        interrupted.await();
        caller.join();
    }

    @Test
    void aWeakerProofInALevelIsTheProofOfTheLevel() throws Exception {
        Fencer word = new Device("word", () -> new Confirmed(ProofKind.OPERATOR, "word: given"));
        assertThat(levels(List.of(good("a"), word)).stop(PATIENCE))
                .isEqualTo(new Confirmed(ProofKind.OPERATOR, "level 1: a: off and word: given"));
    }

    @Test
    void aCheckTellsOfEachLevel() throws Exception {
        Fencer.Readiness readiness =
                levels(List.of(bad("a")), List.of(good("b"))).check(PATIENCE);
        assertThat(readiness.ready()).isTrue();
        assertThat(readiness.detail()).isEqualTo("level 1 NOT ready: a: no; level 2 ready: b: off");
        assertThat(levels(List.of(bad("a"))).check(PATIENCE).ready()).isFalse();
    }

    @SafeVarargs
    private static Fencer levels(List<Fencer>... levels) {
        List<Level> made = new ArrayList<>();
        for (List<Fencer> level : levels) {
            made.add(new Level(level));
        }
        return new LevelledFencer(made);
    }

    private Fencer good(String name) {
        return new Device(name, () -> new Confirmed(ProofKind.CONFIRMED_OFF, name + ": off"));
    }

    private Fencer bad(String name) {
        return new Device(name, () -> new Unproven(name + ": no"));
    }

    private Fencer forbidden() {
        return new Device("forbidden", () -> {
            throw new AssertionError("a level after the one that confirmed was asked");
        });
    }

    private interface Answer {
        FencingResult get() throws InterruptedException;
    }

    private final class Device implements Fencer {

        private final String name;
        private final Answer answer;

        Device(String name, Answer answer) {
            this.name = name;
            this.answer = answer;
        }

        @Override
        public String description() {
            return name;
        }

        @Override
        public FencingResult stop(Duration patience) throws InterruptedException {
            patiences.add(patience);
            return answer.get();
        }

        @Override
        public Readiness check(Duration patience) throws InterruptedException {
            return switch (answer.get()) {
                case Confirmed confirmed -> new Readiness(true, confirmed.how());
                case Unproven unproven -> new Readiness(false, unproven.why());
            };
        }
    }
}
