package norikae.failover.member;

import static norikae.failover.member.Clusters.ALL;
import static norikae.failover.member.Clusters.NODE_A;
import static norikae.failover.member.Clusters.NODE_B;
import static norikae.failover.member.Clusters.NODE_C;
import static norikae.failover.member.Clusters.ms;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;
import norikae.failover.member.Beat.View;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.VolumeName;
import org.junit.jupiter.api.Test;

/** The mind of node-c, which leads where a test says so. Time goes by in ticks of 10 ms. */
class FailoverCoreTest {

    private static final long BOOT = 7;
    private static final ServiceName SHOP = new ServiceName("shop");

    private final FailoverCore core = new FailoverCore(NODE_C, BOOT, 0);
    private final List<Action> actions = new ArrayList<>();
    private ClusterState state = Clusters.up(BOOT);
    private boolean leads;
    private long now;

    private void know(ClusterState newState) {
        state = newState;
        core.known(newState, Set.copyOf(ALL), leads, now);
    }

    private void start(ClusterState first, boolean leading) {
        leads = leading;
        know(first);
        core.caughtUp();
    }

    /** Lets time go by, in which {@code speaking} beat and say of {@code silent} that they hear nothing of it. */
    private void pass(long millis, List<NodeId> speaking, List<NodeId> silent, Word wordOnSilent) {
        for (long end = now + ms(millis); now < end; now += ms(10)) {
            if (now % ms(100) == 0) {
                for (NodeId node : speaking) {
                    core.heard(beat(node, silent, wordOnSilent), now);
                }
            }
            core.known(state, Set.copyOf(ALL), leads, now);
            actions.addAll(core.tick(now, 0));
        }
    }

    private Beat beat(NodeId from, List<NodeId> silent, Word wordOnSilent) {
        List<View> views = new ArrayList<>();
        for (NodeId of : ALL) {
            if (!of.equals(from)) {
                boolean isSilent = silent.contains(of);
                views.add(new View(of, BOOT, isSilent, isSilent ? wordOnSilent : new Word.Granted(now)));
            }
        }
        return new Beat(from, BOOT, now, Clusters.POLICY.leaseMillis(), views);
    }

    private ClusterState withShopOn(NodeId owner) {
        return Clusters.apply(
                Clusters.up(BOOT),
                new Command.DefineService(Clusters.spec(SHOP, 1, ServicePolicy.DEFAULT), owner, 0),
                new Command.ReportService(SHOP, owner, Epoch.FIRST, ServiceRecord.Phase.RUNNING, "", 0));
    }

    private List<Command> proposed() {
        return actions.stream()
                .filter(Action.Propose.class::isInstance)
                .map(a -> ((Action.Propose) a).command())
                .toList();
    }

    private long fences() {
        return actions.stream().filter(Action.Fence.class::isInstance).count();
    }

    private long gate() {
        return actions.stream()
                .filter(Action.SetGate.class::isInstance)
                .mapToLong(a -> ((Action.SetGate) a).untilNanos())
                .reduce(Long.MIN_VALUE, (before, after) -> after);
    }

    // ---- its own lease

    @Test
    void theGateIsNotTouchedBeforeTheLogIsKnownForCertain() {
        know(Clusters.up(BOOT));
        pass(500, List.of(NODE_A, NODE_B), List.of(), new Word.None());

        assertThat(actions).noneMatch(Action.SetGate.class::isInstance);
    }

    @Test
    void theGateStaysOpenForOneLeaseAfterTheLastGrantOfAMajority() {
        start(Clusters.up(BOOT), false);
        pass(1_000, List.of(NODE_A), List.of(), new Word.None());
        long lastGranted = now - ms(100);
        pass(5_000, List.of(), List.of(), new Word.None());

        assertThat(gate()).isEqualTo(lastGranted + ms(Clusters.POLICY.leaseMillis()));
    }

    @Test
    void withoutFailoverNoLeaseBindsANode() {
        start(Clusters.apply(Clusters.up(BOOT), new Command.SetFailover(FailoverPolicy.OFF, 0)), false);
        pass(50, List.of(), List.of(), new Word.None());

        assertThat(gate()).isEqualTo(FailoverCore.UNBOUND);
    }

    @Test
    void aNodeThatIsBeingFencedShutsItsGateAndGivesUpOnce() {
        start(Clusters.up(BOOT), false);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        know(Clusters.fencing(BOOT, NODE_C));
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());

        assertThat(gate()).isLessThan(now - ms(900));
        assertThat(actions).filteredOn(Action.Surrender.class::isInstance).hasSize(1);
    }

    @Test
    void grantsOfAnEarlierLifeOpenNothingInTheNext() {
        start(Clusters.up(BOOT), false);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        core.reborn(BOOT + 1);
        know(Clusters.apply(Clusters.fencing(BOOT, NODE_C), new Command.NodeUp(NODE_C, BOOT + 1, 0)));
        pass(500, List.of(NODE_A, NODE_B), List.of(), new Word.None()); // their words are on the earlier boot

        assertThat(gate()).isLessThanOrEqualTo(now - ms(400));
    }

    // ---- what a leader does

    @Test
    void aNodeThatAMajorityHearsNothingFromIsFenced() {
        start(withShopOn(NODE_A), true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        pass(1_500, List.of(NODE_B), List.of(NODE_A), new Word.None());

        assertThat(proposed())
                .anyMatch(c -> c instanceof Command.BeginFencing b && b.node().equals(NODE_A));
    }

    @Test
    void aNodeThatOnlyTheLeaderDoesNotHearIsLeftAlone() {
        start(withShopOn(NODE_A), true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        pass(3_000, List.of(NODE_B), List.of(), new Word.None());

        assertThat(proposed()).isEmpty();
    }

    @Test
    void aNodeThatRunsNothingIsNotShot() {
        start(withShopOn(NODE_B), true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        pass(3_000, List.of(NODE_B), List.of(NODE_A), new Word.None());

        assertThat(proposed()).isEmpty();
    }

    /** Node-b reaches the same copy, and may hold it only with proof. */
    @Test
    void aNodeThatRunsNothingIsShotWhenAnotherOneWaitsForTheCopyThatItHolds() {
        ClusterState shared = Clusters.apply(
                Clusters.up(BOOT),
                new Command.CreateVolume(
                        new VolumeName("data"),
                        new UUID(1, 2),
                        1 << 20,
                        NODE_C,
                        new TreeMap<>(Map.of(
                                NODE_A,
                                ReplicationMode.SYNC,
                                NODE_B,
                                ReplicationMode.SYNC,
                                NODE_C,
                                ReplicationMode.SYNC)),
                        null,
                        new TreeMap<>(Map.of(NODE_A, "san1", NODE_B, "san1")),
                        0));
        start(shared, true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        pass(3_000, List.of(NODE_B), List.of(NODE_A), new Word.None());

        assertThat(proposed())
                .anyMatch(c -> c instanceof Command.BeginFencing b && b.node().equals(NODE_A))
                .noneMatch(c -> c instanceof Command.BeginFencing b && b.node().equals(NODE_B));
    }

    @Test
    void aNodeInMaintenanceIsNotSuspected() {
        start(Clusters.apply(withShopOn(NODE_A), new Command.SetMaintenance(NODE_A, true, 0)), true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        pass(3_000, List.of(NODE_B), List.of(NODE_A), new Word.None());

        assertThat(proposed()).isEmpty();
    }

    @Test
    void aLeaderThatStoodStillItselfSuspectsNobodyForThat() {
        start(withShopOn(NODE_A), true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        now += ms(10_000);
        pass(500, List.of(NODE_A, NODE_B), List.of(), new Word.None());

        assertThat(proposed()).isEmpty();
    }

    @Test
    void aFailedFencingIsTriedAgainAndProvesNothing() {
        start(fencingOfA(), true);
        pass(500, List.of(NODE_B), List.of(NODE_A), new Word.None());
        assertThat(fences()).isEqualTo(1);
        core.fenced(NODE_A, BOOT, new FencingResult.Unproven("the device is broken"), now);
        pass(2_000, List.of(NODE_B), List.of(NODE_A), new Word.None());

        assertThat(fences()).isEqualTo(2);
        assertThat(proposed()).isEmpty();
        assertThat(core.alarms(now)).anyMatch(a -> a.text().contains("the device is broken"));
    }

    @Test
    void aConfirmedFencingIsRecordedAndItsServicesArePlacedAnew() {
        start(fencingOfA(), true);
        pass(500, List.of(NODE_B), List.of(NODE_A), new Word.None());
        core.fenced(NODE_A, BOOT, new FencingResult.Confirmed(ProofKind.CONFIRMED_OFF, "off"), now);
        pass(100, List.of(NODE_B), List.of(NODE_A), new Word.None());
        assertThat(proposed()).hasSize(1).first().isInstanceOf(Command.RecordFenced.class);

        know(Clusters.apply(state, proposed().getFirst()));
        pass(100, List.of(NODE_B), List.of(NODE_A), new Word.None());
        assertThat(proposed()).anyMatch(c -> c instanceof Command.TakeOver t && !t.to().equals(NODE_A));
    }

    @Test
    void timeIsAProofOnceAMajorityHasRefusedForLeaseAndWatchdogAndDrift() {
        ClusterState before = withShopOn(NODE_A);
        start(before, true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None()); // it has told its lease
        know(Clusters.apply(before, new Command.BeginFencing(NODE_A, BOOT, "node-c", "silent", 0)));
        pass(8_200, List.of(NODE_B), List.of(NODE_A), new Word.Refused(8_200));
        assertThat(proposed()).isEmpty();

        pass(400, List.of(NODE_B), List.of(NODE_A), new Word.Refused(8_500));
        assertThat(proposed())
                .anyMatch(c -> c instanceof Command.RecordFenced f && f.proof() == ProofKind.WATCHDOG_ELAPSED);
    }

    @Test
    void aShorterLeaseDoesNotMakeTimeAProofSoonerForNodesThatMayHoldALongerOne() {
        FailoverPolicy longer = new FailoverPolicy(true, 100, 6_000, 600, 3);
        ClusterState before = Clusters.apply(
                withShopOn(NODE_A), new Command.SetFailover(longer, 0), new Command.SetFailover(Clusters.POLICY, 0));
        start(before, true);
        pass(1_000, List.of(NODE_A, NODE_B), List.of(), new Word.None());
        know(Clusters.apply(before, new Command.BeginFencing(NODE_A, BOOT, "node-c", "silent", 0)));
        pass(12_400, List.of(NODE_B), List.of(NODE_A), new Word.Refused(12_400));
        assertThat(proposed()).isEmpty();

        pass(300, List.of(NODE_B), List.of(NODE_A), new Word.Refused(12_700));
        assertThat(proposed()).isNotEmpty();
    }

    @Test
    void timeProvesNothingOfANodeThatNeverToldALease() {
        start(fencingOfA(), true);
        pass(20_000, List.of(NODE_B), List.of(NODE_A), new Word.Refused(60_000));

        assertThat(proposed()).isEmpty();
    }

    private ClusterState fencingOfA() {
        return Clusters.apply(withShopOn(NODE_A), new Command.BeginFencing(NODE_A, BOOT, "node-c", "silent", 0));
    }
}
