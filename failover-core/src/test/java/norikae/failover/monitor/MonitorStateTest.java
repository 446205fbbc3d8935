package norikae.failover.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import norikae.failover.monitor.MonitorState.Phase;
import org.junit.jupiter.api.Test;

class MonitorStateTest {

    private static final int INTERVAL = 1_000;
    private static final int TIMEOUT = 400;
    private static final int GRACE = 5_000;
    private static final ProbeResult GOOD = ProbeResult.healthy("connected");
    private static final ProbeResult BAD = ProbeResult.sick("refused");

    private final MonitorState monitor = new MonitorState(
            new MonitorSpec(new Probe.Tcp(7000), INTERVAL, TIMEOUT, 2, GRACE, Reaction.FAILOVER), INTERVAL, TIMEOUT, 0);
    private long now;

    /** Goes to when a probe is due, and gives its result. */
    private Optional<Sickness> probe(ProbeResult result) {
        Optional<ProbeTicket> ticket = monitor.due(now);
        while (ticket.isEmpty()) {
            now += 100;
            ticket = monitor.due(now);
        }
        now += 10;
        return monitor.result(ticket.get(), result, now);
    }

    private void healthyOnce() {
        assertThat(probe(GOOD)).isEmpty();
    }

    @Test
    void itProbesAtOnceAndThenOneIntervalAfterEachResult() {
        ProbeTicket first = monitor.due(0).orElseThrow();
        assertThat(monitor.due(100)).as("one is under way").isEmpty();
        assertThat(monitor.result(first, GOOD, 200)).isEmpty();
        assertThat(monitor.due(1_199)).isEmpty();
        assertThat(monitor.due(1_200)).isPresent();
    }

    @Test
    void theFailureAfterItsRetriesMakesItSickAndEachFurtherOneTellsSoAgain() {
        healthyOnce();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD))
                .contains(
                        new Sickness(Reaction.FAILOVER, "monitor tcp 7000 failed 3 times in a row, at last: refused"));
        assertThat(probe(BAD)).isPresent();
    }

    @Test
    void aSuccessEndsTheStreak() {
        healthyOnce();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(GOOD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isPresent();
    }

    @Test
    void failuresWithinTheStartGraceAreShownAndNotCounted() {
        while (now < GRACE - INTERVAL) {
            assertThat(probe(BAD)).isEmpty();
        }
        assertThat(monitor.status().last()).isEqualTo(BAD);
        assertThat(monitor.status().streak()).isZero();
        now = GRACE;
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isPresent();
    }

    @Test
    void theFirstSuccessEndsTheStartGrace() {
        assertThat(probe(BAD)).isEmpty();
        healthyOnce();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isPresent();
        assertThat(now).isLessThan(GRACE);
    }

    @Test
    void aProbeThatIsOverdueHasFailedAndItsLateResultIsIgnored() {
        healthyOnce();
        now += INTERVAL;
        ProbeTicket ticket = monitor.due(now).orElseThrow();
        assertThat(monitor.tick(now + TIMEOUT)).isEmpty();
        assertThat(monitor.status().phase()).isEqualTo(Phase.PROBING);
        assertThat(monitor.tick(now + TIMEOUT + 1)).isEmpty();
        assertThat(monitor.status().last().text()).isEqualTo("no answer within 400 ms");

        assertThat(monitor.result(ticket, GOOD, now + TIMEOUT + 2)).isEmpty();
        assertThat(monitor.status().last().healthy()).isFalse();
    }

    @Test
    void aResultThatComesLateIsAFailureEvenIfNobodyTickedMeanwhile() {
        healthyOnce();
        now += INTERVAL;
        ProbeTicket ticket = monitor.due(now).orElseThrow();
        assertThat(monitor.result(ticket, GOOD, now + TIMEOUT + 1)).isEmpty();
        assertThat(monitor.status().last().healthy()).isFalse();
    }

    @Test
    void nothingIsDecidedWhileAMoveHasTheService() {
        healthyOnce();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        now += INTERVAL;
        ProbeTicket ticket = monitor.due(now).orElseThrow();
        monitor.suspend();

        assertThat(monitor.result(ticket, BAD, now + 1)).isEmpty();
        assertThat(monitor.tick(now + 10 * INTERVAL)).isEmpty();
        assertThat(monitor.due(now + 10 * INTERVAL)).isEmpty();
    }

    @Test
    void afterAMoveThatWasAbortedItCountsAnewAnIntervalLater() {
        healthyOnce();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        monitor.suspend();
        monitor.resume(now);
        assertThat(monitor.due(now + INTERVAL - 1)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isEmpty();
        assertThat(probe(BAD)).isPresent();
    }

    @Test
    void aResultThatComesAfterTheServiceWasStoppedIsIgnored() {
        ProbeTicket ticket = monitor.due(0).orElseThrow();
        monitor.stop();
        monitor.resume(1);

        assertThat(monitor.result(ticket, BAD, 10)).isEmpty();
        assertThat(monitor.due(100_000)).isEmpty();
        assertThat(monitor.status().phase()).isEqualTo(Phase.STOPPED);
    }

    @Test
    void itsStatusTellsTheLastResultAndTheStreak() {
        assertThat(monitor.status().last().text()).isEqualTo("not probed yet");
        healthyOnce();
        healthyOnce();
        assertThat(monitor.status())
                .isEqualTo(new MonitorStatus("tcp 7000", Phase.WAITING, Reaction.FAILOVER, 2, now, GOOD, 2));
    }
}
