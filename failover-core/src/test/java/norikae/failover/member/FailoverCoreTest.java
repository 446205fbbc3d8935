package norikae.failover.member;

import static norikae.failover.member.Nodes.A;
import static norikae.failover.member.Nodes.B;
import static norikae.failover.member.Nodes.BOOT;
import static norikae.failover.member.Nodes.MILLI;
import static norikae.failover.member.Nodes.POLICY;
import static norikae.failover.member.Nodes.VOTERS;
import static norikae.failover.member.Nodes.WITNESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;
import norikae.failover.member.Beat.View;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import org.junit.jupiter.api.Test;

/** One core among peers that the test plays; node-a unless it says otherwise. */
class FailoverCoreTest {

    private static final ServiceName LEDGER = new ServiceName("ledger");

    private long now = 1_000 * MILLI;
    private FailoverCore core = new FailoverCore(A, BOOT, now);
    private ClusterState state = Nodes.with(Nodes.up(), "ledger", B, ServicePolicy.DEFAULT);

    // ---- the lease

    @Test
    void withoutFailoverTheGateStandsOpen() {
        knows(ClusterState.EMPTY, false);
        assertThat(gates(tick())).containsExactly(FailoverCore.UNBOUND);
    }

    @Test
    void aMajorityOpensTheGateForOneLeaseFromTheSending() {
        knows(state, false);
        assertThat(gates(tick())).containsExactly(0L);
        long sent = now;
        now += 300 * MILLI;
        core.heard(beat(B, BOOT, 0, view(A, BOOT, false, new Word.Granted(sent))), now);
        assertThat(gates(tick())).containsExactly(sent + POLICY.leaseMillis() * MILLI);
    }

    @Test
    void aGrantOfAnotherLifeOpensNothing() {
        knows(state, false);
        var _ = tick();
        core.heard(beat(B, BOOT, 0, view(A, BOOT - 1, false, new Word.Granted(now))), now);
        assertThat(gates(tick())).isEmpty();
    }

    @Test
    void aGrantFromTheFutureIsNoGrant() {
        knows(state, false);
        var _ = tick();
        core.heard(beat(B, BOOT, 0, view(A, BOOT, false, new Word.Granted(now + 1))), now);
        assertThat(gates(tick())).isEmpty();
    }

    @Test
    void anAgentThatDoesNotKnowTheNewestLogTouchesNoGate() {
        core.known(state, VOTERS, false, now);
        assertThat(gates(tick())).isEmpty();
    }

    @Test
    void whoIsBeingFencedShutsItsGateAndSurrendersOnce() {
        knows(state, false);
        core.heard(beat(B, BOOT, 0, view(A, BOOT, false, new Word.Granted(now))), now);
        assertThat(gates(tick())).hasSize(1);
        knows(Nodes.fencing(state, A), false);
        List<Action> actions = tick();
        assertThat(gates(actions)).containsExactly(0L);
        assertThat(actions).hasAtLeastOneElementOfType(Action.Surrender.class);
        assertThat(tick()).doesNotHaveAnyElementsOfTypes(Action.Surrender.class);
    }

    // ---- the vote

    @Test
    void aHeartbeatThatWasHeardIsGrantedInTheNextOneOfOnesOwn() {
        knows(state, false);
        core.heard(beat(B, BOOT, 4_711), now);
        assertThat(beats(tick()).getFirst().views()).contains(view(B, BOOT, false, new Word.Granted(4_711)));
    }

    @Test
    void membersWithoutAVoteGrantNothing() {
        core.known(state, java.util.Set.of(B, WITNESS), false, now);
        core.caughtUp();
        core.heard(beat(B, BOOT, 4_711), now);
        assertThat(beats(tick()).getFirst().views()).contains(view(B, BOOT, false, new Word.None()));
    }

    // ---- the leader

    @Test
    void aServerThatAMajorityMissesIsFencedIfItMayRunServices() {
        leadsAndBMissing(true);
        assertThat(proposals(tick()))
                .hasSize(1)
                .first()
                .isInstanceOfSatisfying(
                        Command.BeginFencing.class, c -> assertThat(c.node()).isEqualTo(B));
    }

    @Test
    void oneNodesSilenceIsItsOwnAffairAsLongAsTheOthersHearIt() {
        leadsAndBMissing(false);
        assertThat(proposals(tick())).isEmpty();
    }

    @Test
    void aServerThatRunsNothingIsLeftAlone() {
        state = Nodes.up();
        leadsAndBMissing(true);
        assertThat(proposals(tick())).isEmpty();
    }

    @Test
    void aServerInMaintenanceIsLeftAlone() {
        state = Nodes.after(state, new Command.SetMaintenance(B, true, 0));
        leadsAndBMissing(true);
        assertThat(proposals(tick())).isEmpty();
    }

    @Test
    void whoDoesNotLeadFencesNobody() {
        leadsAndBMissing(true);
        knows(state, false);
        assertThat(proposals(tick())).isEmpty();
    }

    @Test
    void whatADeviceConfirmsIsProofAndWhatItDoesNotIsTriedAgain() {
        knows(Nodes.fencing(state, B), true);
        assertThat(tick()).contains(new Action.Fence(B, BOOT));
        assertThat(tick()).doesNotHaveAnyElementsOfTypes(Action.Fence.class);
        core.fenced(B, BOOT, new FencingResult.Unproven("no route to the BMC"), now);
        assertThat(core.alarms(now)).anySatisfy(alarm -> {
            assertThat(alarm.kind()).isEqualTo(Alarm.Kind.NO_PROOF);
            assertThat(alarm.text()).contains("no route to the BMC");
        });
        now += 1_100 * MILLI;
        assertThat(tick()).contains(new Action.Fence(B, BOOT));
        core.fenced(B, BOOT, new FencingResult.Confirmed(ProofKind.CONFIRMED_OFF, "off"), now);
        assertThat(proposals(tick())).anySatisfy(c -> assertThat(c)
                .isInstanceOfSatisfying(
                        Command.RecordFenced.class, f -> assertThat(f.proof()).isEqualTo(ProofKind.CONFIRMED_OFF)));
    }

    @Test
    void timeIsProofOnlyWhenAMajorityHasRefusedLongEnoughWhoeverSaidUnderWhichLeaseItRuns() {
        knows(state, true);
        core.heard(new Beat(B, BOOT, 1, POLICY.leaseMillis(), List.of()), now);
        var _ = tick();
        state = Nodes.fencing(state, B);
        knows(state, true);
        long ages = 60_000;
        assertThat(proposals(tick())).isEmpty();
        core.heard(beat(WITNESS, BOOT, 1, view(B, BOOT, true, new Word.Refused(ages))), now);
        assertThat(proposals(tick())).isEmpty(); // its own last grant is too young
        now += ages * MILLI;
        assertThat(proposals(tick())).anySatisfy(c -> assertThat(c)
                .isInstanceOfSatisfying(
                        Command.RecordFenced.class, f -> assertThat(f.proof()).isEqualTo(ProofKind.WATCHDOG_ELAPSED)));
    }

    @Test
    void aServerThatWasNeverHeardToRunUnderALeaseHasNoneThatCouldRunOut() {
        state = Nodes.fencing(state, B);
        knows(state, true);
        core.heard(beat(WITNESS, BOOT, 1, view(B, BOOT, true, new Word.Refused(600_000))), now);
        now += 600_000 * MILLI;
        assertThat(proposals(tick())).isEmpty();
    }

    @Test
    void aLostServiceGoesToANodeThatIsHeard() {
        state = Nodes.after(
                Nodes.fencing(state, B), new Command.RecordFenced(B, BOOT, ProofKind.CONFIRMED_OFF, "", "off", 0));
        knows(state, true);
        assertThat(proposals(tick()))
                .anySatisfy(c -> assertThat(c).isInstanceOfSatisfying(Command.TakeOver.class, t -> {
                    assertThat(t.service()).isEqualTo(LEDGER);
                    assertThat(t.to()).isEqualTo(A); // node-c is up in the log, and nobody has heard it
                }));
        assertThat(proposals(tick())).isEmpty(); // the answer is still to come
    }

    // ----

    private void knows(ClusterState known, boolean leads) {
        core.known(known, VOTERS, leads, now);
        core.caughtUp();
    }

    /** This node leads and has not heard node-b for long; the witness, which it hears, says whether it has. */
    private void leadsAndBMissing(boolean theWitnessMissesItToo) {
        core = new FailoverCore(A, BOOT, now);
        knows(state, true);
        for (int i = 0; i < 30; i++) {
            now += 100 * MILLI;
            core.heard(beat(WITNESS, BOOT, i, view(B, BOOT, theWitnessMissesItToo, new Word.None())), now);
            if (i < 29) {
                core.known(state, VOTERS, false, now);
                var _ = tick();
            }
        }
        knows(state, true);
    }

    private List<Action> tick() {
        now += 10 * MILLI;
        return core.tick(now, 0);
    }

    private static Beat beat(NodeId from, long boot, long sentAt, View... views) {
        return new Beat(from, boot, sentAt, 0, List.of(views));
    }

    private static View view(NodeId of, long boot, boolean silent, Word word) {
        return new View(of, boot, silent, word);
    }

    private static List<Long> gates(List<Action> actions) {
        return only(actions, Action.SetGate.class)
                .map(Action.SetGate::untilNanos)
                .toList();
    }

    private static List<Beat> beats(List<Action> actions) {
        return only(actions, Action.SendBeat.class).map(Action.SendBeat::beat).toList();
    }

    private static List<Command> proposals(List<Action> actions) {
        return only(actions, Action.Propose.class).map(Action.Propose::command).toList();
    }

    private static <T> Stream<T> only(List<Action> actions, Class<T> kind) {
        return actions.stream().filter(kind::isInstance).map(kind::cast);
    }
}
