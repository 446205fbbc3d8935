package norikae.failover.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;
import norikae.failover.model.Outcome.Refused;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ClusterStateTest {

    private static final NodeId A = new NodeId("node-a");
    private static final NodeId B = new NodeId("node-b");
    private static final NodeId WITNESS = new NodeId("witness");
    private static final ServiceName LEDGER = new ServiceName("ledger");
    private static final MoveId M1 = new MoveId("m1");
    private static final MoveId M2 = new MoveId("m2");

    private ClusterState state = ClusterState.EMPTY;

    @Nested
    class Nodes {

        @Test
        void aNodeJoinsMayChangeItsAddressAndLeaves() {
            accepted(addNode(A, "10.77.0.1", false));
            accepted(addNode(A, "10.77.0.9", false));
            assertThat(state.node(A).orElseThrow().address()).isEqualTo("10.77.0.9");
            accepted(new Command.RemoveNode(A, 1));
            assertThat(state.nodes()).isEmpty();
        }

        @Test
        void aNodeThatIsAddedAgainChangesNothing() {
            accepted(addNode(A, "10.77.0.1", false));
            acceptedWithoutEffect(addNode(A, "10.77.0.1", false));
        }

        @Test
        void anAddressBelongsToOneNode() {
            accepted(addNode(A, "10.77.0.1", false));
            refused(addNode(B, "10.77.0.1", false), Refusal.ADDRESS_IN_USE, "belongs to node node-a");
        }

        @Test
        void aNodeThatOwnsServicesNeitherLeavesNorBecomesAWitness() {
            withLedgerOnA();
            refused(new Command.RemoveNode(A, 1), Refusal.NODE_BUSY, "norikae drain node-a");
            refused(addNode(A, "10.77.0.1", true), Refusal.NODE_BUSY, "cannot become a witness");
        }

        @Test
        void anUnknownNodeCannotLeave() {
            refused(new Command.RemoveNode(A, 1), Refusal.UNKNOWN_NODE, "there is no node node-a");
        }

        @Test
        void workersAreTheNodesThatAreNoWitnesses() {
            threeNodes();
            assertThat(state.workers()).extracting(NodeRecord::id).containsExactly(A, B);
        }
    }

    @Nested
    class Tokens {

        @Test
        void aTokenIsGoodForOneJoin() {
            accepted(new Command.IssueToken("t1", 100, 1));
            accepted(new Command.SpendToken("t1", 2));
            refused(new Command.SpendToken("t1", 3), Refusal.NOT_ALLOWED, "used already");
        }

        @Test
        void anExpiredOrUnknownTokenIsRefused() {
            accepted(new Command.IssueToken("t1", 100, 1));
            refused(new Command.SpendToken("t1", 101), Refusal.NOT_ALLOWED, "expired");
            refused(new Command.SpendToken("t2", 2), Refusal.UNKNOWN_TOKEN, "norikae node token");
        }

        @Test
        void expiredTokensAreForgottenWhenANewOneIsIssued() {
            accepted(new Command.IssueToken("t1", 100, 1));
            accepted(new Command.IssueToken("t2", 300, 200));
            assertThat(state.tokens()).containsOnlyKeys("t2");
        }
    }

    @Nested
    class Services {

        @Test
        void aNewServiceBelongsToItsFirstOwnerUnderEpochOne() {
            withLedgerOnA();
            ServiceRecord ledger = state.service(LEDGER).orElseThrow();
            assertThat(ledger.owner()).isEqualTo(A);
            assertThat(ledger.epoch()).isEqualTo(Epoch.FIRST);
        }

        @Test
        void itsNameAddressAndOwnerMustBeFreeAndFit() {
            withLedgerOnA();
            refused(define("ledger", "10.77.0.60", B), Refusal.ALREADY_EXISTS, "exists already on node node-a");
            refused(define("other", "10.77.0.50", B), Refusal.ADDRESS_IN_USE, "belongs to service ledger");
            refused(define("other", "10.77.0.2", B), Refusal.ADDRESS_IN_USE, "belongs to node node-b");
            refused(define("other", "10.77.0.60", WITNESS), Refusal.NOT_ALLOWED, "is a witness");
            refused(define("other", "10.77.0.60", new NodeId("node-x")), Refusal.UNKNOWN_NODE, "no node node-x");
        }

        @Test
        void onlyItsOwnerUnderItsEpochMayReport() {
            withLedgerOnA();
            accepted(report(A, Epoch.FIRST, ServiceRecord.Phase.FAILED));
            acceptedWithoutEffect(report(A, Epoch.FIRST, ServiceRecord.Phase.FAILED));
            refused(report(B, Epoch.FIRST, ServiceRecord.Phase.RUNNING), Refusal.STALE_EPOCH, "belongs to node node-a");
            refused(report(A, new Epoch(2), ServiceRecord.Phase.RUNNING), Refusal.STALE_EPOCH, "under epoch 1");
            refused(
                    new Command.ReportService(
                            new ServiceName("other"), A, Epoch.FIRST, ServiceRecord.Phase.RUNNING, "", 1),
                    Refusal.UNKNOWN_SERVICE,
                    "no service other");
        }

        /** A node that is behind still knows the earlier one, and would end the new one as a stale copy of it. */
        @Test
        void aServiceThatGetsTheNameOfAnEarlierOneBeginsAboveItsEpochs() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            accepted(new Command.AbortMove(M1, "test", 1));
            accepted(new Command.RemoveService(LEDGER, Epoch.FIRST, 1));
            assertThat(accepted(define("ledger", "10.77.0.50", A)).epoch()).isEqualTo(new Epoch(3));
            assertThat(state.service(LEDGER).orElseThrow().epoch()).isEqualTo(new Epoch(3));
        }

        @Test
        void aServiceIsForgottenOnceAndOnlyUnderItsEpochAndNotWhileItMoves() {
            withLedgerOnA();
            refused(new Command.RemoveService(LEDGER, new Epoch(2), 1), Refusal.STALE_EPOCH, "under epoch 1");
            accepted(begin(M1, A, B));
            refused(new Command.RemoveService(LEDGER, Epoch.FIRST, 1), Refusal.MOVE_IN_FLIGHT, "is moving");
            accepted(new Command.AbortMove(M1, "test", 1));
            accepted(new Command.RemoveService(LEDGER, Epoch.FIRST, 1));
            acceptedWithoutEffect(new Command.RemoveService(LEDGER, Epoch.FIRST, 1));
            assertThat(state.moves()).isEmpty();
        }

        @Test
        void basePidsOfLivingServicesNeverCollideEvenAfterTheyHaveWrappedAround() {
            threeNodes();
            int possible = (ClusterState.BASE_PID_LAST - ClusterState.BASE_PID_FIRST) / ClusterState.BASE_PID_STEP + 1;
            accepted(define("keeper", "10.77.1.1", A));
            int keeper = state.service(new ServiceName("keeper")).orElseThrow().basePid();
            for (int i = 0; i < 2 * possible; i++) {
                accepted(define("s", "10.77.1.2", A));
                ServiceRecord s = state.service(new ServiceName("s")).orElseThrow();
                assertThat(s.basePid())
                        .isNotEqualTo(keeper)
                        .isBetween(ClusterState.BASE_PID_FIRST, ClusterState.BASE_PID_LAST);
                accepted(new Command.RemoveService(new ServiceName("s"), s.epoch(), 1));
            }
        }
    }

    @Nested
    class Moves {

        @Test
        void aGoodMoveChangesTheOwnerAtTheCommitAndNowhereElse() {
            withLedgerOnA();
            assertThat(accepted(begin(M1, A, B)).epoch()).isEqualTo(new Epoch(2));
            ownedBy(A, 1);
            assertThat(accepted(new Command.CommitMove(M1, 1)).epoch()).isEqualTo(new Epoch(2));
            ownedBy(B, 2);
            accepted(new Command.MarkResumed(M1, 1));
            accepted(new Command.FinishMove(M1, new TreeMap<>(), 1));
            ownedBy(B, 2);
            assertThat(state.moveInFlight(LEDGER)).isEmpty();
        }

        @Test
        void eachStepMayBeAskedAgain() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            acceptedWithoutEffect(begin(M1, A, B));
            accepted(new Command.CommitMove(M1, 1));
            acceptedWithoutEffect(new Command.CommitMove(M1, 1));
            accepted(new Command.MarkResumed(M1, 1));
            acceptedWithoutEffect(new Command.MarkResumed(M1, 1));
            acceptedWithoutEffect(new Command.CommitMove(M1, 1));
            accepted(new Command.FinishMove(M1, new TreeMap<>(), 1));
            acceptedWithoutEffect(new Command.FinishMove(M1, new TreeMap<>(), 1));
            acceptedWithoutEffect(new Command.MarkResumed(M1, 1));
            acceptedWithoutEffect(new Command.CommitMove(M1, 1));
            refused(begin(M1, A, B), Refusal.ALREADY_ENDED, "already CLEANED");
        }

        @Test
        void anAbortedMoveNeverCommits() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            accepted(new Command.AbortMove(M1, "link cut", 1));
            acceptedWithoutEffect(new Command.AbortMove(M1, "link cut", 1));
            refused(new Command.CommitMove(M1, 1), Refusal.ALREADY_ENDED, "ABORTED: link cut");
            refused(new Command.MarkResumed(M1, 1), Refusal.NOT_ALLOWED, "cannot become RESUMED");
            ownedBy(A, 1);
        }

        @Test
        void aCommittedMoveIsNeverAborted() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            accepted(new Command.CommitMove(M1, 1));
            refused(new Command.AbortMove(M1, "late", 1), Refusal.ALREADY_COMMITTED, "belongs to node-b");
            ownedBy(B, 2);
        }

        @Test
        void aMoveThatNeverBeganMayBeAbortedButNotTakenFurther() {
            acceptedWithoutEffect(new Command.AbortMove(M1, "gone", 1));
            refused(new Command.CommitMove(M1, 1), Refusal.UNKNOWN_MOVE, "knows no move m1");
            refused(new Command.MarkResumed(M1, 1), Refusal.UNKNOWN_MOVE, "knows no move m1");
            refused(new Command.FinishMove(M1, new TreeMap<>(), 1), Refusal.UNKNOWN_MOVE, "knows no move m1");
            refused(new Command.RevertMove(M1, "proof", 1), Refusal.UNKNOWN_MOVE, "knows no move m1");
        }

        @Test
        void aCommittedMoveThatNeverResumedIsRevertedUnderAStillHigherEpoch() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            accepted(new Command.CommitMove(M1, 1));
            assertThat(accepted(new Command.RevertMove(M1, "never resumed", 1)).epoch())
                    .isEqualTo(new Epoch(3));
            acceptedWithoutEffect(new Command.RevertMove(M1, "never resumed", 1));
            refused(new Command.MarkResumed(M1, 1), Refusal.NOT_ALLOWED, "REVERTED");
            refused(new Command.CommitMove(M1, 1), Refusal.ALREADY_ENDED, "REVERTED");
            ownedBy(A, 3);
        }

        @Test
        void aMoveThatHasNotCommittedOrHasResumedIsNotReverted() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            refused(new Command.RevertMove(M1, "proof", 1), Refusal.NOT_ALLOWED, "nothing to revert");
            accepted(new Command.CommitMove(M1, 1));
            accepted(new Command.MarkResumed(M1, 1));
            refused(new Command.RevertMove(M1, "proof", 1), Refusal.ALREADY_COMMITTED, "has resumed on node-b");
        }

        @Test
        void oneMoveOfAServiceIsInFlightAtATime() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            refused(begin(M2, A, B), Refusal.MOVE_IN_FLIGHT, "(move m1, PREPARING)");
            accepted(new Command.CommitMove(M1, 1));
            refused(begin(M2, B, A), Refusal.MOVE_IN_FLIGHT, "(move m1, COMMITTED)");
            accepted(new Command.MarkResumed(M1, 1));
            refused(begin(M2, B, A), Refusal.MOVE_IN_FLIGHT, "(move m1, RESUMED)");
            accepted(new Command.FinishMove(M1, new TreeMap<>(), 1));
            assertThat(accepted(begin(M2, B, A)).epoch()).isEqualTo(new Epoch(3));
            assertThat(state.moves())
                    .as("only the last move of a service is kept")
                    .containsOnlyKeys(M2);
        }

        @Test
        void whereItGoesAndWhenceItComesMustMakeSense() {
            withLedgerOnA();
            refused(begin(M1, A, new NodeId("node-x")), Refusal.UNKNOWN_NODE, "no node node-x");
            refused(begin(M1, A, WITNESS), Refusal.NOT_ALLOWED, "is a witness");
            refused(begin(M1, B, A), Refusal.STALE_EPOCH, "is on node node-a, not on node-b");
            refused(begin(M1, A, A), Refusal.NOT_ALLOWED, "name another node");
            refused(
                    new Command.BeginMove(M1, new ServiceName("other"), A, B, 1),
                    Refusal.UNKNOWN_SERVICE,
                    "no service other");
            accepted(report(A, Epoch.FIRST, ServiceRecord.Phase.FAILED));
            refused(begin(M1, A, B), Refusal.NOT_ALLOWED, "only a RUNNING one can move");
        }

        @Test
        void aNodeThatAMoveCanStillMakeAnOwnerNeitherLeavesNorBecomesAWitness() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            refused(new Command.RemoveNode(B, 1), Refusal.NODE_BUSY, "takes part in move m1");
            refused(addNode(B, "10.77.0.2", true), Refusal.NODE_BUSY, "takes part in move m1");
            accepted(new Command.CommitMove(M1, 1));
            refused(new Command.RemoveNode(A, 1), Refusal.NODE_BUSY, "takes part in move m1");
            accepted(new Command.MarkResumed(M1, 1));
            accepted(new Command.RemoveNode(A, 1));
        }

        @Test
        void theOldOwnerMayNotReportAfterTheCommit() {
            withLedgerOnA();
            accepted(begin(M1, A, B));
            accepted(new Command.CommitMove(M1, 1));
            refused(report(A, Epoch.FIRST, ServiceRecord.Phase.FAILED), Refusal.STALE_EPOCH, "belongs to node node-b");
        }
    }

    @Test
    void eventsAreNumberedAndOnlyTheNewestAreKept() {
        for (int i = 0; i < ClusterState.EVENTS_MAX + 5; i++) {
            accepted(new Command.RecordEvent("kind", "subject", "text " + i, new TreeMap<>(), i));
        }
        assertThat(state.events()).hasSize(ClusterState.EVENTS_MAX);
        assertThat(state.events().getFirst().sequence()).isEqualTo(6);
        assertThat(state.eventSequence()).isEqualTo(ClusterState.EVENTS_MAX + 5);
    }

    private void threeNodes() {
        accepted(addNode(A, "10.77.0.1", false));
        accepted(addNode(B, "10.77.0.2", false));
        accepted(addNode(WITNESS, "10.77.0.3", true));
    }

    private void withLedgerOnA() {
        threeNodes();
        accepted(define("ledger", "10.77.0.50", A));
        accepted(report(A, Epoch.FIRST, ServiceRecord.Phase.RUNNING));
    }

    private void ownedBy(NodeId owner, long epoch) {
        ServiceRecord ledger = state.service(LEDGER).orElseThrow();
        assertThat(ledger.owner()).isEqualTo(owner);
        assertThat(ledger.epoch()).isEqualTo(new Epoch(epoch));
    }

    private Accepted accepted(Command command) {
        ClusterState.Applied applied = state.apply(command);
        assertThat(applied.outcome()).as("%s", command).isInstanceOf(Accepted.class);
        state = applied.state();
        return (Accepted) applied.outcome();
    }

    private void acceptedWithoutEffect(Command command) {
        ClusterState before = state;
        accepted(command);
        assertThat(state).as("%s", command).isEqualTo(before);
    }

    private void refused(Command command, Refusal code, String message) {
        ClusterState.Applied applied = state.apply(command);
        assertThat(applied.outcome()).as("%s", command).isInstanceOfSatisfying(Refused.class, r -> {
            assertThat(r.code()).isEqualTo(code);
            assertThat(r.message()).contains(message);
        });
        assertThat(applied.state()).isSameAs(state);
    }

    static Command.AddNode addNode(NodeId id, String address, boolean witness) {
        return new Command.AddNode(new NodeRecord(id, address, 7071, 7072, 7073, witness), 1);
    }

    static Command.DefineService define(String name, String ip, NodeId owner) {
        return new Command.DefineService(
                new ServiceSpec(
                        new ServiceName(name),
                        List.of("sleep", "1"),
                        new ServiceAddress(ip, 24),
                        new TreeMap<>(),
                        "root",
                        "/",
                        Limits.NONE,
                        null),
                owner,
                1);
    }

    private static Command.ReportService report(NodeId owner, Epoch epoch, ServiceRecord.Phase phase) {
        return new Command.ReportService(LEDGER, owner, epoch, phase, "detail", 1);
    }

    private static Command.BeginMove begin(MoveId id, NodeId from, NodeId to) {
        return new Command.BeginMove(id, LEDGER, from, to, 1);
    }
}
