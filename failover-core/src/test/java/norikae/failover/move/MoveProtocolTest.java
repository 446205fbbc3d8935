package norikae.failover.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import norikae.failover.model.Epoch;
import norikae.failover.move.MoveProtocol.Step;
import org.junit.jupiter.api.Test;

class MoveProtocolTest {

    private static final List<MoveEvent> GOOD_MOVE = List.of(
            new MoveEvent.CheckPassed(),
            new MoveEvent.TargetPrepared(),
            new MoveEvent.CopyStarted(1),
            new MoveEvent.TreeFrozen(),
            new MoveEvent.CompleteSent(),
            new MoveEvent.TargetReceived(),
            new MoveEvent.TargetRestored(),
            new MoveEvent.LogCommitted(),
            new MoveEvent.LogResumed(),
            new MoveEvent.SourceDestroyed());

    private static final List<MoveEvent> ALL_EVENTS = List.of(
            new MoveEvent.CheckPassed(),
            new MoveEvent.TargetPrepared(),
            new MoveEvent.CopyStarted(1),
            new MoveEvent.CopyStarted(2),
            new MoveEvent.TreeFrozen(),
            new MoveEvent.CompleteSent(),
            new MoveEvent.TargetReceived(),
            new MoveEvent.TargetRestored(),
            new MoveEvent.LogCommitted(),
            new MoveEvent.LogResumed(),
            new MoveEvent.LogAborted(),
            new MoveEvent.LogReverted(new Epoch(3)),
            new MoveEvent.SourceDestroyed(),
            new MoveEvent.SourceThawed(),
            new MoveEvent.Failed("test"));

    @Test
    void aGoodMoveGoesThroughEveryStateOfTheTable() {
        assertThat(walk(GOOD_MOVE).stream().map(MoveState::label))
                .containsExactly(
                        "Planned",
                        "Checked",
                        "Prepared",
                        "Copying",
                        "Frozen",
                        "Frozen",
                        "Received",
                        "Restored",
                        "Committed",
                        "Resumed",
                        "Cleaned");
    }

    @Test
    void aFailureBeforeThePromiseThawsTheSourceWithoutAskingAnyone() {
        for (int done = 1; done <= 4; done++) {
            MoveState before = walk(GOOD_MOVE.subList(0, done)).getLast();
            Step step = MoveProtocol.decide(before, new MoveEvent.Failed("link cut"))
                    .orElseThrow();
            assertThat(step.effects()).as("after %s", before).containsExactly(MoveEffect.THAW_SOURCE);
            assertThat(step.next().sourceMayRun()).isTrue();
        }
    }

    @Test
    void aFailureAfterThePromiseAsksTheLogBeforeAnythingRuns() {
        for (int done = 5; done <= 7; done++) {
            MoveState before = walk(GOOD_MOVE.subList(0, done)).getLast();
            Step step = MoveProtocol.decide(before, new MoveEvent.Failed("link cut"))
                    .orElseThrow();
            assertThat(step.effects()).as("after %s", before).containsExactly(MoveEffect.ASK_LOG_TO_ABORT);
            assertThat(step.next().sourceMayRun()).isFalse();
        }
    }

    @Test
    void afterTheCommitALostTargetChangesNothing() {
        MoveState committed = walk(GOOD_MOVE.subList(0, 8)).getLast();
        assertThat(MoveProtocol.decide(committed, new MoveEvent.Failed("target silent")))
                .isEmpty();
    }

    @Test
    void afterTheCommitOnlyALaterLogEntryGivesTheServiceBack() {
        MoveState committed = walk(GOOD_MOVE.subList(0, 8)).getLast();
        Step step = MoveProtocol.decide(committed, new MoveEvent.LogReverted(new Epoch(3)))
                .orElseThrow();
        assertThat(step.effects()).containsExactly(MoveEffect.THAW_SOURCE);
    }

    @Test
    void whateverComesInWhateverOrderTheSourceNeverThawsAfterACommitWithoutALaterEntry() {
        // Every reachable (state, what the log has said) pair, by exhaustive search over all events in all orders.
        record Seen(MoveState state, boolean committed) {}
        Set<Seen> reached = new HashSet<>();
        Deque<Seen> open = new ArrayDeque<>(List.of(new Seen(MoveProtocol.start(), false)));
        while (!open.isEmpty()) {
            Seen now = open.removeFirst();
            if (!reached.add(now)) {
                continue;
            }
            for (MoveEvent event : ALL_EVENTS) {
                if (!possible(now.state(), event, now.committed())) {
                    continue;
                }
                boolean committed =
                        switch (event) {
                            case MoveEvent.LogCommitted _, MoveEvent.LogResumed _ -> true;
                            case MoveEvent.LogReverted _ -> false;
                            default -> now.committed();
                        };
                Optional<Step> step = MoveProtocol.decide(now.state(), event);
                MoveState next = step.map(Step::next).orElse(now.state());
                if (committed) {
                    assertThat(next.sourceMayRun())
                            .as("%s after %s in %s", next, event, now)
                            .isFalse();
                }
                if (step.isPresent() && step.get().effects().contains(MoveEffect.DESTROY_SOURCE)) {
                    assertThat(event).isInstanceOf(MoveEvent.LogResumed.class);
                }
                open.add(new Seen(next, committed));
            }
        }
        assertThat(reached).hasSizeGreaterThan(15);
    }

    /** What the log and a truthful target can say: a commit needs the promise, a revert needs a commit. */
    private static boolean possible(MoveState state, MoveEvent event, boolean committed) {
        boolean promised =
                switch (state) {
                    case MoveState.Frozen f -> f.promised();
                    case MoveState.Received _, MoveState.Restored _, MoveState.Committed _, MoveState.Resumed _ -> true;
                    case MoveState.Aborting a -> a.promised();
                    default -> false;
                };
        return switch (event) {
            case MoveEvent.LogCommitted _ -> promised;
            case MoveEvent.LogResumed _, MoveEvent.LogReverted _ ->
                promised && committed && !(state instanceof MoveState.Resumed);
            case MoveEvent.LogAborted _ -> !committed;
            default -> true;
        };
    }

    private static List<MoveState> walk(List<MoveEvent> events) {
        List<MoveState> states = new java.util.ArrayList<>(List.of(MoveProtocol.start()));
        for (MoveEvent event : events) {
            states.add(
                    MoveProtocol.decide(states.getLast(), event).orElseThrow().next());
        }
        return states;
    }
}
