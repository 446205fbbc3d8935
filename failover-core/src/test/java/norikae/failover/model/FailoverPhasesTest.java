package norikae.failover.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import norikae.failover.fencing.ProofKind;
import norikae.failover.model.Outcome.Refusal;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of {@code docs/protocol.md}: from each phase, what each command makes of it, or by which word it is refused. */
class FailoverPhasesTest {

    private static final NodeId A = new NodeId("node-a");
    private static final NodeId B = new NodeId("node-b");
    private static final ServiceName LEDGER = new ServiceName("ledger");
    private static final MoveId MOVE = new MoveId("m1");
    private static final long BOOT = 7;

    private ClusterState state = withLedgerOnA();

    @ParameterizedTest
    @CsvSource({
        "UP,      node-up,        UP",
        "UP,      node-up-next,   UP",
        "UP,      node-up-before, STALE_EPOCH",
        "UP,      begin-fencing,  FENCING",
        "UP,      record-fenced,  NOT_ALLOWED",
        "FENCING, node-up,        NOT_ALLOWED",
        "FENCING, node-up-next,   UP",
        "FENCING, node-up-before, STALE_EPOCH",
        "FENCING, begin-fencing,  FENCING",
        "FENCING, record-fenced,  FENCED",
        "FENCED,  node-up,        NOT_ALLOWED",
        "FENCED,  node-up-next,   UP",
        "FENCED,  node-up-before, STALE_EPOCH",
        "FENCED,  begin-fencing,  FENCED",
        "FENCED,  record-fenced,  FENCED"
    })
    void ofNodes(NodeHealth.Phase from, String command, String expected) {
        if (from != NodeHealth.Phase.UP) {
            apply(nodeCommand("begin-fencing"));
        }
        if (from == NodeHealth.Phase.FENCED) {
            apply(nodeCommand("record-fenced"));
        }
        assertThat(told(
                        nodeCommand(command),
                        () -> state.healthOf(A).orElseThrow().phase().name()))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "STARTING, running,  RUNNING",
        "STARTING, failed,   FAILED",
        "STARTING, release,  LOST",
        "STARTING, fenced,   LOST",
        "STARTING, takeover, NOT_ALLOWED",
        "RUNNING,  starting, STARTING",
        "RUNNING,  failed,   FAILED",
        "RUNNING,  release,  LOST",
        "RUNNING,  fenced,   LOST",
        "RUNNING,  reborn,   LOST",
        "RUNNING,  takeover, NOT_ALLOWED",
        "FAILED,   running,  RUNNING",
        "FAILED,   fenced,   FAILED",
        "FAILED,   takeover, NOT_ALLOWED",
        "LOST,     running,  STALE_EPOCH",
        "LOST,     failed,   STALE_EPOCH",
        "LOST,     release,  LOST",
        "LOST,     takeover, PLACED",
        "PLACED,   running,  RUNNING",
        "PLACED,   failed,   LOST",
        "PLACED,   release,  LOST",
        "PLACED,   takeover, NOT_ALLOWED"
    })
    void ofServices(ServiceRecord.Phase from, String command, String expected) {
        bring(from);
        NodeId owner = ledger().owner();
        Command given =
                switch (command) {
                    case "running" -> report(ServiceRecord.Phase.RUNNING);
                    case "failed" -> report(ServiceRecord.Phase.FAILED);
                    case "starting" -> report(ServiceRecord.Phase.STARTING);
                    case "release" -> new Command.ReleaseService(LEDGER, owner, ledger().epoch(), "", 1);
                    case "takeover" -> new Command.TakeOver(LEDGER, ledger().epoch(), B, "", 1);
                    case "reborn" -> new Command.NodeUp(owner, BOOT + 1, 1);
                    case "fenced" -> {
                        apply(nodeCommand("begin-fencing"));
                        yield nodeCommand("record-fenced");
                    }
                    default -> throw new IllegalArgumentException(command);
                };
        assertThat(told(given, () -> ledger().phase().name())).isEqualTo(expected);
    }

    @Nested
    class Moves {

        @Test
        void aTargetThatDiesAfterTheCommitLeavesTheMoveOpenUntilTheSourcesCopyIsDestroyed() {
            committed();
            lose(B);
            assertThat(move().phase()).isEqualTo(MoveRecord.Phase.RESUMED);
            assertThat(ledger().phase()).isEqualTo(ServiceRecord.Phase.LOST);
            apply(new Command.FinishMove(MOVE, new TreeMap<>(), 1));
            assertThat(move().phase()).isEqualTo(MoveRecord.Phase.CLEANED);
        }

        @Test
        void aSourceThatDiesAfterTheCommitHasNothingToClean() {
            committed();
            lose(A);
            assertThat(move().phase()).isEqualTo(MoveRecord.Phase.COMMITTED);
            apply(new Command.MarkResumed(MOVE, 1));
            assertThat(move().phase()).isEqualTo(MoveRecord.Phase.CLEANED);
        }

        @Test
        void aMoveWhoseEndsAreBothGoneHasEnded() {
            committed();
            lose(B);
            lose(A);
            assertThat(move().phase()).isEqualTo(MoveRecord.Phase.CLEANED);
        }

        @Test
        void aSourceThatStartsItsServiceAgainEndsTheMoveBeforeItsCommit() {
            begun();
            apply(report(ServiceRecord.Phase.STARTING));
            assertThat(move().phase()).isEqualTo(MoveRecord.Phase.ABORTED);
            assertThat(told(new Command.CommitMove(MOVE, 1), () -> "")).isEqualTo(Refusal.ALREADY_ENDED.name());
        }

        private void begun() {
            bring(ServiceRecord.Phase.RUNNING);
            apply(new Command.BeginMove(MOVE, LEDGER, A, B, 1));
        }

        private void committed() {
            begun();
            apply(new Command.CommitMove(MOVE, 1));
        }

        private void lose(NodeId node) {
            apply(new Command.BeginFencing(node, BOOT, "test", "silent", 1));
            apply(new Command.RecordFenced(node, BOOT, ProofKind.CONFIRMED_OFF, "test", "off", 1));
        }

        private MoveRecord move() {
            return state.move(MOVE).orElseThrow();
        }
    }

    @Test
    void aServiceThatMayNotFailOverHasFailedWhereItDoesNotStart() {
        state = withLedgerOnA(new ServicePolicy(false, List.of(), List.of(), List.of(), List.of(), false, 0, 600));
        bring(ServiceRecord.Phase.RUNNING);
        apply(new Command.NodeUp(A, BOOT + 1, 1));
        apply(new Command.TakeOver(LEDGER, ledger().epoch(), A, "", 1));
        apply(report(ServiceRecord.Phase.FAILED));
        assertThat(ledger().phase()).isEqualTo(ServiceRecord.Phase.FAILED);
    }

    // ----

    private void bring(ServiceRecord.Phase phase) {
        switch (phase) {
            case STARTING -> {}
            case RUNNING, FAILED -> apply(report(phase));
            case LOST -> apply(new Command.ReleaseService(LEDGER, A, Epoch.FIRST, "", 1));
            case PLACED -> {
                bring(ServiceRecord.Phase.LOST);
                apply(new Command.TakeOver(LEDGER, ledger().epoch(), B, "", 1));
            }
        }
    }

    private static Command nodeCommand(String name) {
        return switch (name) {
            case "node-up" -> new Command.NodeUp(A, BOOT, 1);
            case "node-up-next" -> new Command.NodeUp(A, BOOT + 1, 1);
            case "node-up-before" -> new Command.NodeUp(A, BOOT - 1, 1);
            case "begin-fencing" -> new Command.BeginFencing(A, BOOT, "test", "silent", 1);
            case "record-fenced" -> new Command.RecordFenced(A, BOOT, ProofKind.CONFIRMED_OFF, "test", "off", 1);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private Command report(ServiceRecord.Phase phase) {
        return new Command.ReportService(LEDGER, ledger().owner(), ledger().epoch(), phase, "", 1);
    }

    private ServiceRecord ledger() {
        return state.service(LEDGER).orElseThrow();
    }

    private String told(Command command, java.util.function.Supplier<String> phase) {
        ClusterState.Applied applied = state.apply(command);
        state = applied.state();
        return applied.outcome() instanceof Outcome.Refused refused
                ? refused.code().name()
                : phase.get();
    }

    private void apply(Command command) {
        assertThat(told(command, () -> "accepted")).as("%s", command).isEqualTo("accepted");
    }

    private static ClusterState withLedgerOnA() {
        return withLedgerOnA(ServicePolicy.DEFAULT);
    }

    private static ClusterState withLedgerOnA(ServicePolicy policy) {
        ClusterState state = ClusterState.EMPTY;
        ServiceSpec spec = new ServiceSpec(
                LEDGER,
                List.of("/bin/true"),
                new ServiceAddress("10.0.1.1", 24),
                new TreeMap<>(),
                "nobody",
                "/",
                Limits.NONE,
                null,
                null,
                policy,
                null,
                null);
        for (Command command : List.of(
                new Command.AddNode(new NodeRecord(A, "10.0.0.1", 7071, 7072, 7073, false), 0),
                new Command.AddNode(new NodeRecord(B, "10.0.0.2", 7071, 7072, 7073, false), 0),
                new Command.AddNode(new NodeRecord(new NodeId("node-c"), "10.0.0.3", 7071, 7072, 7073, false), 0),
                new Command.SetFailover(new FailoverPolicy(true, 100, 1_000, 500, 2), 0),
                new Command.NodeUp(A, BOOT, 0),
                new Command.NodeUp(B, BOOT, 0),
                new Command.DefineService(spec, A, 0))) {
            state = state.apply(command).state();
        }
        return state;
    }
}
