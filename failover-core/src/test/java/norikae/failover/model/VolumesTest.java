package norikae.failover.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import norikae.failover.fencing.ProofKind;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;
import norikae.failover.model.Outcome.Refused;
import norikae.failover.model.VolumeCopy.Standing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VolumesTest {

    private static final NodeId A = new NodeId("node-a");
    private static final NodeId B = new NodeId("node-b");
    private static final NodeId C = new NodeId("node-c");
    private static final NodeId WITNESS = new NodeId("witness");
    private static final VolumeName DATA = new VolumeName("data");
    private static final ServiceName LEDGER = new ServiceName("ledger");
    private static final MoveId MOVE = new MoveId("m1");
    private static final UUID ID = new UUID(1, 2);

    private ClusterState state = ClusterState.EMPTY;
    private long reports;

    @BeforeEach
    void fourNodes() {
        accepted(ClusterStateTest.addNode(A, "10.77.0.1", false));
        accepted(ClusterStateTest.addNode(B, "10.77.0.2", false));
        accepted(ClusterStateTest.addNode(C, "10.77.0.3", false));
        accepted(ClusterStateTest.addNode(WITNESS, "10.77.0.4", true));
        accepted(new Command.SetFailover(new FailoverPolicy(true, 100, 2_000, 600, 0), 1));
        for (NodeId node : List.of(A, B, C)) {
            accepted(new Command.NodeUp(node, 1, 1));
        }
    }

    @Test
    void aNewVolumeIsWrittenByItsPrimaryAloneUntilThatTellsOfAnother() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        assertThat(volume().epoch()).isEqualTo(Epoch.FIRST);
        assertThat(volume().isWholeOn(A)).isTrue();
        assertThat(volume().isWholeOn(B)).isFalse();
        accepted(report(1, B, Standing.IN_SYNC));
        assertThat(volume().isWholeOn(B)).isTrue();
    }

    @Test
    void aVolumeIsCreatedOnceAndOnNodesThatCanHoldIt() {
        create(Map.of(A, ReplicationMode.SYNC));
        ClusterState before = state;
        create(Map.of(A, ReplicationMode.SYNC)); // asked again after a lost answer
        assertThat(state).isEqualTo(before);
        refused(creation(DATA, new UUID(3, 4), A, Map.of(A, ReplicationMode.SYNC)), Refusal.ALREADY_EXISTS, "exists");
        VolumeName other = new VolumeName("other");
        refused(
                creation(other, ID, A, Map.of(A, ReplicationMode.SYNC, WITNESS, ReplicationMode.SYNC)),
                Refusal.NOT_ALLOWED,
                "is a witness");
        refused(creation(other, ID, A, Map.of(B, ReplicationMode.SYNC)), Refusal.NOT_ALLOWED, "must be among them");
        refused(
                creation(other, ID, A, Map.of(A, ReplicationMode.SYNC, new NodeId("x"), ReplicationMode.SYNC)),
                Refusal.UNKNOWN_NODE,
                "no node x");
    }

    @Test
    void onlyThePrimaryUnderItsEpochTellsOfCopies() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC, C, ReplicationMode.ASYNC));
        refused(report(2, B, Standing.IN_SYNC), Refusal.STALE_EPOCH, "under epoch 1");
        refused(report(1, A, Standing.BEHIND), Refusal.NOT_ALLOWED, "holds no replica");
        refused(report(1, C, Standing.IN_SYNC), Refusal.NOT_ALLOWED, "asynchronous");
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(report(1, B, Standing.BEHIND));
        assertThat(volume().isWholeOn(B)).isFalse();
    }

    @Test
    void anOldReportThatArrivesLateDoesNotUndoALaterOne() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        Command late = report(1, B, Standing.IN_SYNC, 1);
        Command behind = report(1, B, Standing.BEHIND, 2);
        accepted(behind);
        accepted(behind); // asked again after a lost answer
        refused(late, Refusal.STALE_REPORT, "older than 2");
        assertThat(volume().isWholeOn(B)).isFalse();
    }

    /** Else it would go on with what it has, and the other copy could be promoted without it. */
    @Test
    void aPrimaryThatLostItsVolumeCannotWriteAReplicaOff() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(new Command.BeginFencing(A, 1, "node-c", "silent", 1));
        accepted(new Command.RecordFenced(A, 1, ProofKind.CONFIRMED_OFF, "node-c", "off", 1));
        accepted(new Command.PromoteVolume(DATA, new Epoch(1), B, false, false, 1));
        refused(report(1, B, Standing.BEHIND), Refusal.STALE_EPOCH, "written by node-b under epoch 2");
        assertThat(volume().isWholeOn(A)).as("what A holds beyond is not known").isFalse();
    }

    @Test
    void aCopyThatIsBehindIsPromotedOnlyByAWordAboutTheLoss() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        refused(promotion(B, false, false), Refusal.NOT_ALLOWED, "nothing proves that it has stopped");
        refused(promotion(B, true, false), Refusal.NOT_ALLOWED, "they would be lost");
        refused(promotion(C, true, true), Refusal.NOT_ALLOWED, "holds no copy");
        accepted(promotion(B, true, true));
        assertThat(volume().primary()).isEqualTo(B);
        assertThat(volume().epoch()).isEqualTo(new Epoch(2));
    }

    @Test
    void theVolumesOfAServiceGoWhereItGoes() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        define();
        refused(promotion(B, true, true), Refusal.NOT_ALLOWED, "goes where service ledger goes");
        refused(new Command.RemoveVolume(DATA, new Epoch(1), 1), Refusal.NOT_ALLOWED, "in use by service ledger");
        refused(begin(), Refusal.NOT_ALLOWED, "wait for its resync");
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(begin());
        accepted(new Command.CommitMove(MOVE, 1));
        assertThat(volume().primary()).isEqualTo(B);
        assertThat(volume().isWholeOn(A)).isFalse();
        accepted(new Command.RevertMove(MOVE, "it never ran", 1));
        assertThat(volume().primary()).isEqualTo(A);
        assertThat(volume().epoch()).isEqualTo(new Epoch(3));
    }

    @Test
    void aMoveDoesNotCommitOntoACopyThatFellBehindMeanwhile() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        define();
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(begin());
        accepted(report(1, B, Standing.BEHIND));
        refused(new Command.CommitMove(MOVE, 1), Refusal.NOT_ALLOWED, "no copy of volume data with every");
    }

    @Test
    void aLostServiceIsTakenOverOnlyWhereItsDataIs() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        define();
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(new Command.BeginFencing(A, 1, "node-c", "silent", 1));
        accepted(new Command.RecordFenced(A, 1, ProofKind.CONFIRMED_OFF, "node-c", "off", 1));
        refused(takeOver(C), Refusal.NOT_ALLOWED, "no copy of volume data");
        accepted(takeOver(B));
        assertThat(volume().primary()).isEqualTo(B);
    }

    @Test
    void aServiceIsDefinedOnlyWhereItsVolumesAreWritten() {
        refused(definition(A), Refusal.UNKNOWN_VOLUME, "there is no volume data");
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        refused(definition(B), Refusal.NOT_ALLOWED, "is written by node node-a");
        accepted(definition(A));
    }

    @Test
    void aNodeWithACopyDoesNotLeaveAndANameIsUsedAgainAboveItsEpochs() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        refused(new Command.RemoveNode(B, 1), Refusal.NODE_BUSY, "holds a copy of volume data");
        accepted(new Command.RemoveVolume(DATA, new Epoch(1), 1));
        accepted(new Command.RemoveVolume(DATA, new Epoch(1), 1));
        create(Map.of(A, ReplicationMode.SYNC));
        assertThat(volume().epoch()).isEqualTo(new Epoch(2));
    }

    @Test
    void writesOfAnEpochMayBeDiscardedWhileOnlyWholeCopiesWerePromotedSince() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        assertThat(volume().mayDiscardWritesOf(new Epoch(1)))
                .as("those of the present primary are never discarded")
                .isFalse();
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(promotion(1, B, false));
        assertThat(volume().mayDiscardWritesOf(new Epoch(1))).isTrue();
        accepted(promotion(2, A, true));
        assertThat(volume().lossy()).isEqualTo(new Epoch(3));
        assertThat(volume().mayDiscardWritesOf(new Epoch(1))).isFalse();
        assertThat(volume().mayDiscardWritesOf(new Epoch(2))).isFalse();
        accepted(report(3, B, Standing.IN_SYNC));
        accepted(promotion(3, B, false));
        assertThat(volume().mayDiscardWritesOf(new Epoch(2)))
                .as("what was lost then is not lost again, but may still lie there")
                .isFalse();
        assertThat(volume().mayDiscardWritesOf(new Epoch(3))).isTrue();
    }

    @Test
    void aWordAboutLossThatWasNotNeededIsNoLoss() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(promotion(1, B, true));
        assertThat(volume().lossy()).isNull();
    }

    @Test
    void anAsynchronousCopyIsPromotedWithoutLossWhenItGotEverythingAtTheHandOver() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.ASYNC, C, ReplicationMode.ASYNC));
        refused(planned(1, B, C), Refusal.NOT_ALLOWED, "they would be lost");
        accepted(planned(1, B, B));
        assertThat(volume().isWrittenBy(B)).isTrue();
        assertThat(volume().lossy()).isNull();
        assertThat(volume().isWholeOn(A)).isFalse();
    }

    /** Only the primary's own word counts; a fenced one gave none. */
    @Test
    void aCopyIsNotCompleteWithoutAHandOver() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.ASYNC));
        accepted(new Command.BeginFencing(A, 1, "node-c", "silent", 1));
        accepted(new Command.RecordFenced(A, 1, ProofKind.CONFIRMED_OFF, "node-c", "off", 1));
        refused(
                new Command.PromoteVolume(DATA, new Epoch(1), B, false, false, new TreeSet<>(List.of(B)), 1),
                Refusal.NOT_ALLOWED,
                "they would be lost");
    }

    /** A promotion that the network held back must not take the volume from a primary that writes again. */
    @Test
    void aPrimaryThatGoesOnAfterAHandOverInVainIsOutOfReachOfThePromotionThatWasMeant() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.ASYNC));
        accepted(promotion(1, A, false));
        assertThat(volume().isWrittenBy(A)).isTrue();
        assertThat(volume().epoch()).isEqualTo(new Epoch(2));
        refused(planned(1, B, B), Refusal.STALE_EPOCH, "under epoch 2");
    }

    @Test
    void aDemotedVolumeIsWrittenByNobodyUntilAnyWholeCopyIsPromotedWithoutProof() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC, C, ReplicationMode.ASYNC));
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(demotion(1, C));
        accepted(demotion(2)); // idle already
        assertThat(volume().idles()).isTrue();
        assertThat(volume().isWrittenBy(A)).isFalse();
        assertThat(volume().epoch()).isEqualTo(new Epoch(2));
        assertThat(List.of(A, B, C)).allMatch(volume()::isWholeOn);
        refused(report(2, B, Standing.BEHIND), Refusal.NOT_ALLOWED, "is idle");
        refused(definition(A), Refusal.NOT_ALLOWED, "is idle");
        accepted(new Command.PromoteVolume(DATA, new Epoch(2), C, false, false, 1));
        assertThat(volume().isWrittenBy(C)).isTrue();
        assertThat(volume().isWholeOn(A)).isFalse();
    }

    @Test
    void aCopyThatWasBehindIsNotPromotedFromIdleWithoutAWord() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        accepted(demotion(1));
        refused(
                new Command.PromoteVolume(DATA, new Epoch(2), B, false, false, 1),
                Refusal.NOT_ALLOWED,
                "they would be lost");
        accepted(new Command.PromoteVolume(DATA, new Epoch(2), A, false, false, 1));
        assertThat(volume().epoch()).isEqualTo(new Epoch(3));
    }

    @Test
    void aVolumeOnlyGrowsAndItsPrimaryBeginsAloneUnderTheNewSize() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        accepted(report(1, B, Standing.IN_SYNC));
        refused(resizing(1, 512), Refusal.NOT_ALLOWED, "volumes only grow");
        refused(resizing(1, (1 << 20) + 1), Refusal.NOT_ALLOWED, "multiple of 512");
        refused(resizing(2, 2 << 20), Refusal.STALE_EPOCH, "under epoch 1");
        accepted(resizing(1, 1 << 20));
        assertThat(volume().epoch()).as("nothing to do").isEqualTo(new Epoch(1));
        accepted(resizing(1, 2 << 20));
        assertThat(volume().bytes()).isEqualTo(2 << 20);
        assertThat(volume().epoch()).isEqualTo(new Epoch(2));
        assertThat(volume().isWrittenBy(A)).isTrue();
        assertThat(volume().isWholeOn(B)).isFalse();
        refused(resizing(1, 2 << 20), Refusal.STALE_EPOCH, "under epoch 2");
    }

    @Test
    void anIdleVolumeStaysIdleAndWholeWhenItGrows() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        accepted(report(1, B, Standing.IN_SYNC));
        accepted(demotion(1));
        accepted(resizing(2, 2 << 20));
        assertThat(volume().idles()).isTrue();
        assertThat(volume().isWholeOn(B)).isTrue();
    }

    @Test
    void aVolumeInUseIsNeitherDemotedNorResized() {
        create(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC));
        define();
        refused(demotion(1), Refusal.NOT_ALLOWED, "in use by service ledger: stop that first");
        refused(resizing(1, 2 << 20), Refusal.NOT_ALLOWED, "in use by service ledger: stop that");
    }

    @Test
    void mirrorOptionsHaveBounds() {
        assertThatThrownBy(() -> new MirrorOptions(100, 0, MirrorOptions.WhenFull.THROTTLE, 0))
                .hasMessageContaining("100 bytes in memory");
        assertThatThrownBy(() -> new MirrorOptions(1 << 20, -1, MirrorOptions.WhenFull.THROTTLE, 0))
                .hasMessageContaining("-1 bytes on disk");
        assertThatThrownBy(() -> new MirrorOptions(1 << 20, 0, MirrorOptions.WhenFull.THROTTLE, 1))
                .hasMessageContaining("would never end");
    }

    /** Two servers of one site reach the same disk, and a third one elsewhere has a copy. */
    private void createShared(ReplicationMode far) {
        accepted(new Command.CreateVolume(
                DATA,
                ID,
                1 << 20,
                A,
                new TreeMap<>(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC, C, far)),
                null,
                new TreeMap<>(Map.of(A, "san1", B, "san1")),
                1));
    }

    @Test
    void aCopyThatTwoNodesShareIsWholeOnBothAndHeldByTheOneThatWrites() {
        createShared(ReplicationMode.ASYNC);
        assertThat(volume().isWholeOn(B)).isTrue();
        assertThat(volume().isWholeOn(C)).isFalse();
        assertThat(volume().isHeldBy(A, _ -> true)).isTrue();
        assertThat(volume().isHeldBy(B, _ -> false)).isFalse();
        assertThat(volume().isHeldBy(C, _ -> false)).isTrue();
        refused(report(1, B, Standing.BEHIND), Refusal.NOT_ALLOWED, "holds no replica");
        accepted(promotion(B, true, false));
        assertThat(volume().primary()).isEqualTo(B);
        assertThat(volume().isWholeOn(A)).isTrue();
        assertThat(volume().isHeldBy(A, _ -> false)).isFalse();
    }

    @Test
    void aSharedCopyGoesToAnotherNodeOnlyWithProof() {
        createShared(ReplicationMode.ASYNC);
        refused(promotion(B, false, false), Refusal.NOT_ALLOWED, "nothing proves that it has stopped");
        fence(A);
        accepted(promotion(B, false, false));
    }

    @Test
    void whileAnotherSiteWritesOneNodeHoldsTheSharedCopyAndBothMayBePromoted() {
        createShared(ReplicationMode.SYNC);
        accepted(report(1, C, Standing.IN_SYNC));
        accepted(promotion(C, true, false));
        assertThat(volume().isWholeOn(A)).isFalse();
        assertThat(volume().isWholeOn(B)).isFalse();
        assertThat(volume().isHeldBy(A, _ -> false)).isTrue();
        assertThat(volume().isHeldBy(B, _ -> false)).isFalse();
        assertThat(volume().isHeldBy(B, A::equals)).isTrue();
        accepted(report(2, A, Standing.IN_SYNC));
        assertThat(volume().isWholeOn(B)).isTrue();
        accepted(planned(2, B));
    }

    @Test
    void whatTheHolderOfASharedCopyGotAtAHandOverTheOthersHave() {
        createShared(ReplicationMode.ASYNC);
        accepted(promotion(1, C, true));
        accepted(planned(2, B, A));
        assertThat(volume().primary()).isEqualTo(B);
        accepted(demotion(3));
        assertThat(volume().isWholeOn(A)).isTrue();
        assertThat(volume().isWholeOn(C)).isFalse();
    }

    @Test
    void aServiceFailsOverWithinASharedStorageAndCannotBeMovedWithinIt() {
        createShared(ReplicationMode.SYNC);
        define();
        refused(begin(), Refusal.NOT_ALLOWED, "'norikae volume promote data --to node-b'");
        fence(A);
        accepted(takeOver(B));
        assertThat(volume().primary()).isEqualTo(B);
    }

    @Test
    void aSharedCopyIsOneOfTheCopiesAndItsStorageHasAName() {
        refused(shared(Map.of(B, "san1")), Refusal.NOT_ALLOWED, "name those nodes among them");
        refused(shared(Map.of(A, "San 1")), Refusal.NOT_ALLOWED, "cannot be the name of a shared storage");
    }

    private static Command shared(Map<NodeId, String> storage) {
        return new Command.CreateVolume(
                DATA, ID, 1 << 20, A, new TreeMap<>(Map.of(A, ReplicationMode.SYNC)), null, new TreeMap<>(storage), 1);
    }

    private void fence(NodeId node) {
        accepted(new Command.BeginFencing(node, 1, "witness", "silent", 1));
        accepted(new Command.RecordFenced(node, 1, ProofKind.CONFIRMED_OFF, "witness", "off", 1));
    }

    // ---- means

    private static Command promotion(long epoch, NodeId to, boolean losesWrites) {
        return new Command.PromoteVolume(DATA, new Epoch(epoch), to, true, losesWrites, 1);
    }

    private static Command planned(long epoch, NodeId to, NodeId... complete) {
        return new Command.PromoteVolume(DATA, new Epoch(epoch), to, true, false, new TreeSet<>(List.of(complete)), 1);
    }

    private static Command demotion(long epoch, NodeId... complete) {
        return new Command.DemoteVolume(DATA, new Epoch(epoch), new TreeSet<>(List.of(complete)), 1);
    }

    private static Command resizing(long epoch, long bytes) {
        return new Command.ResizeVolume(DATA, new Epoch(epoch), bytes, 1);
    }

    private Volume volume() {
        return state.volume(DATA).orElseThrow();
    }

    private void create(Map<NodeId, ReplicationMode> copies) {
        accepted(creation(DATA, ID, A, copies));
    }

    private static Command creation(VolumeName name, UUID id, NodeId primary, Map<NodeId, ReplicationMode> copies) {
        return new Command.CreateVolume(name, id, 1 << 20, primary, new TreeMap<>(copies), 1);
    }

    private Command report(long epoch, NodeId node, Standing standing) {
        return report(epoch, node, standing, ++reports);
    }

    private static Command report(long epoch, NodeId node, Standing standing, long number) {
        return new Command.ReportCopy(DATA, new Epoch(epoch), node, standing, number, "", 1);
    }

    private static Command promotion(NodeId to, boolean handedOver, boolean losesWrites) {
        return new Command.PromoteVolume(DATA, new Epoch(1), to, handedOver, losesWrites, 1);
    }

    private static Command begin() {
        return new Command.BeginMove(MOVE, LEDGER, A, B, 1);
    }

    private static Command takeOver(NodeId to) {
        return new Command.TakeOver(LEDGER, new Epoch(1), to, "fenced", 1);
    }

    private void define() {
        accepted(definition(A));
        accepted(new Command.ReportService(LEDGER, A, new Epoch(1), ServiceRecord.Phase.RUNNING, "", 1));
    }

    private static Command definition(NodeId owner) {
        return new Command.DefineService(
                new ServiceSpec(
                        LEDGER,
                        List.of("sleep", "1"),
                        new ServiceAddress("10.77.0.50", 24),
                        new TreeMap<>(),
                        "root",
                        "/",
                        Limits.NONE,
                        null,
                        null,
                        null,
                        null,
                        null,
                        List.of(new VolumeMount(DATA, "/srv/ledger"))),
                owner,
                1);
    }

    private void accepted(Command command) {
        ClusterState.Applied applied = state.apply(command);
        assertThat(applied.outcome()).as("%s", command).isInstanceOf(Accepted.class);
        state = applied.state();
    }

    private void refused(Command command, Refusal code, String message) {
        ClusterState.Applied applied = state.apply(command);
        assertThat(applied.outcome()).as("%s", command).isInstanceOfSatisfying(Refused.class, r -> {
            assertThat(r.code()).isEqualTo(code);
            assertThat(r.message()).contains(message);
        });
        assertThat(applied.state()).isSameAs(state);
    }
}
