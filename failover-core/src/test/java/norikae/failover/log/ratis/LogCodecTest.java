package norikae.failover.log.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import norikae.failover.fencing.ProofKind;
import norikae.failover.log.ratis.LogCodec.Answer;
import norikae.failover.log.ratis.LogCodec.Question;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.Limits;
import norikae.failover.model.MirrorOptions;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.OcfResource;
import norikae.failover.model.Outcome;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.VolumeCopy;
import norikae.failover.model.VolumeMount;
import norikae.failover.model.VolumeName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogCodecTest {

    private static final NodeId A = new NodeId("node-a");
    private static final NodeId B = new NodeId("node-b");
    private static final ServiceName LEDGER = new ServiceName("ledger");
    private static final ServiceName LEDGER_SHADOW = new ServiceName("ledger-shadow");
    private static final ServiceName OTHER = new ServiceName("database");
    private static final OcfResource OCF = OcfResource.parse("ocf:heartbeat:redis", Map.of("port", "6379"));
    private static final VolumeName DATA = new VolumeName("data");
    private static final MoveId MOVE = new MoveId("m1");
    private static final TreeMap<String, String> DETAILS = new TreeMap<>(Map.of("freezeMicros", "1200"));

    /** In an order that the model accepts, so that the same list fills a state. */
    static Stream<Command> everyCommand() {
        ServiceSpec spec = new ServiceSpec(
                LEDGER,
                List.of(),
                ServiceAddress.parse("10.77.0.50/24"),
                new TreeMap<>(Map.of("KEY", "\"quoted\" ünï")),
                "ledger",
                "/srv/ledger",
                new Limits(1L << 30, 1.5, null, 1024),
                null,
                true,
                new ServicePolicy(
                        true, List.of(A), List.of(OTHER), List.of(OTHER), List.of(LEDGER_SHADOW), true, 3, 600),
                List.of(
                        new MonitorSpec(new Probe.Tcp(7000), 500, 1_000, 0, 0, Reaction.STOP_NODE),
                        new MonitorSpec(new Probe.Http(80, "/health", 200, "UP")),
                        new MonitorSpec(new Probe.Command(List.of("check"))),
                        new MonitorSpec(new Probe.Disk("/srv")),
                        new MonitorSpec(new Probe.Link("eth1", "10.77.0.1")),
                        new MonitorSpec(Probe.Jvm.DEFAULT),
                        new MonitorSpec(new Probe.Ocf())),
                OCF,
                List.of(new VolumeMount(DATA, "/srv/ledger")));
        return Stream.of(
                new Command.AddNode(new NodeRecord(A, "10.77.0.1", 7071, 7072, 7073, false), 1),
                new Command.AddNode(new NodeRecord(B, "10.77.0.2", 7071, 7072, 7073, false), 2),
                new Command.IssueToken("t1", 100, 3),
                new Command.SpendToken("t1", 4),
                new Command.CreateVolume(
                        DATA,
                        new UUID(7, 8),
                        1L << 30,
                        A,
                        new TreeMap<>(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SEMI_SYNC)),
                        5),
                new Command.ReportCopy(DATA, Epoch.FIRST, B, VolumeCopy.Standing.IN_SYNC, 1, "", 5),
                new Command.PromoteVolume(DATA, Epoch.FIRST, B, true, false, 5),
                new Command.PromoteVolume(DATA, Epoch.FIRST.next(), A, true, true, 5),
                new Command.ReportCopy(DATA, Epoch.FIRST.next().next(), B, VolumeCopy.Standing.IN_SYNC, 1, "", 5),
                new Command.CreateVolume(
                        new VolumeName("far"),
                        new UUID(9, 10),
                        1L << 30,
                        A,
                        new TreeMap<>(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.ASYNC)),
                        new MirrorOptions(1L << 30, 0, MirrorOptions.WhenFull.RESYNC, 50_000_000),
                        5),
                new Command.PromoteVolume(
                        new VolumeName("far"), Epoch.FIRST, B, true, false, new TreeSet<>(Set.of(B)), 5),
                new Command.ResizeVolume(new VolumeName("far"), Epoch.FIRST.next(), 2L << 30, 5),
                new Command.DemoteVolume(
                        new VolumeName("far"), Epoch.FIRST.next().next(), new TreeSet<>(Set.of(A)), 5),
                new Command.CreateVolume(
                        new VolumeName("san"),
                        new UUID(11, 12),
                        1L << 30,
                        A,
                        new TreeMap<>(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC)),
                        null,
                        new TreeMap<>(Map.of(A, "san1", B, "san1")),
                        5),
                new Command.RemoveVolume(new VolumeName("other"), Epoch.FIRST, 5),
                new Command.DefineService(spec, A, 5),
                new Command.ReportService(LEDGER, A, Epoch.FIRST, ServiceRecord.Phase.RUNNING, "pid 1000", 6),
                new Command.BeginMove(MOVE, LEDGER, A, B, 7),
                new Command.CommitMove(MOVE, 8),
                new Command.MarkResumed(MOVE, 9),
                new Command.FinishMove(MOVE, DETAILS, 10),
                new Command.AbortMove(new MoveId("m2"), "no space", 11),
                new Command.RevertMove(new MoveId("m3"), "the target's own word", 12),
                new Command.RecordEvent("kind", "subject", "text", DETAILS, 13),
                new Command.RemoveService(new ServiceName("other"), Epoch.FIRST, 14),
                new Command.RemoveNode(new NodeId("node-c"), 15),
                new Command.SetFailover(new FailoverPolicy(true, 100, 2_000, 600, 10), 16),
                new Command.NodeUp(B, 77, 17),
                new Command.SetMaintenance(B, true, 18),
                new Command.BeginFencing(B, 77, "node-a", "silent", 19),
                new Command.RecordFenced(B, 77, ProofKind.CONFIRMED_OFF, "node-a", "ipmi 10.0.0.2: off", 20),
                new Command.NodeUp(A, 78, 21),
                new Command.TakeOver(LEDGER, Epoch.FIRST.next(), A, "node node-b was fenced", 22),
                new Command.ReleaseService(LEDGER, A, Epoch.FIRST.next().next(), "its monitor failed", 23));
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void everyCommandReadsBackAsItWasWritten(Command command) throws Exception {
        byte[] bytes = LogCodec.encode(command);
        assertThat(LogCodec.decodeEntry(bytes)).isEqualTo(command);
        assertThat(new String(bytes, StandardCharsets.UTF_8)).startsWith("{\"v\":1,");
    }

    @Test
    void theListAboveHasEveryKindOfCommand() {
        Set<Class<?>> kinds = new HashSet<>();
        everyCommand().forEach(c -> kinds.add(c.getClass()));
        assertThat(kinds).containsExactlyInAnyOrder(Command.class.getPermittedSubclasses());
    }

    @Test
    void aStateWithEverythingInItReadsBackAsItWasWritten() throws Exception {
        ClusterState state = ClusterState.EMPTY;
        for (Command command : everyCommand().toList()) {
            state = state.apply(command).state();
        }
        assertThat(state.nodes()).hasSize(2);
        assertThat(state.services()).hasSize(1);
        assertThat(state.moves()).hasSize(1);
        assertThat(state.tokens()).hasSize(1);
        assertThat(state.events()).isNotEmpty();
        assertThat(state.health()).hasSize(2);
        assertThat(state.failover().enabled()).isTrue();
        assertThat(LogCodec.decodeSnapshot(LogCodec.encodeSnapshot(state))).isEqualTo(state);
        assertThat(LogCodec.decodeSnapshot(LogCodec.encodeSnapshot(ClusterState.EMPTY)))
                .isEqualTo(ClusterState.EMPTY);

        Answer answer = new Answer(9, 7, List.of(new Peer(A, "10.77.0.1", 7073)), state);
        assertThat(LogCodec.decodeAnswer(LogCodec.encode(answer))).isEqualTo(answer);
        Answer unchanged = new Answer(9, 7, List.of(), null);
        assertThat(LogCodec.decodeAnswer(LogCodec.encode(unchanged))).isEqualTo(unchanged);
        Question question = new Question(Long.MAX_VALUE);
        assertThat(LogCodec.decodeQuestion(LogCodec.encode(question))).isEqualTo(question);
    }

    @Test
    void outcomesReadBackAsTheyWereWritten() throws Exception {
        for (Outcome outcome : List.of(
                new Outcome.Accepted(new Epoch(3)),
                new Outcome.Refused(Outcome.Refusal.MOVE_IN_FLIGHT, "service ledger is moving"))) {
            assertThat(LogCodec.decodeOutcome(LogCodec.encode(outcome))).isEqualTo(outcome);
        }
    }

    @Test
    void entriesFromBeforeVolumesHadMirrorOptionsAndCompleteCopiesStillRead() throws Exception {
        assertThat(LogCodec.decodeEntry("""
                {"v":1,"command":{"type":"create-volume","volume":"data","id":"00000000-0000-0007-0000-000000000008",\
                "bytes":512,"primary":"node-a","copies":{"node-a":"SYNC"},"atMillis":5}}""".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Command.CreateVolume(
                        DATA, new UUID(7, 8), 512, A, new TreeMap<>(Map.of(A, ReplicationMode.SYNC)), 5));
        assertThat(LogCodec.decodeEntry("""
                {"v":1,"command":{"type":"promote-volume","volume":"data","epoch":1,"to":"node-b","handedOver":true,\
                "losesWrites":false,"atMillis":5}}""".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Command.PromoteVolume(DATA, Epoch.FIRST, B, true, false, 5));
        ClusterState state = LogCodec.decodeSnapshot("""
                {"v":1,"state":{"nodes":{},"services":{},"moves":{},"tokens":{},"events":[],"eventSequence":0,\
                "nextBasePid":1000,"health":{},"failover":null,"longestLeaseMillis":0,"retiredEpoch":0,"volumes":{"data":\
                {"name":"data","id":"00000000-0000-0007-0000-000000000008","bytes":512,"primary":"node-a","epoch":1,\
                "copies":{"node-a":{"mode":"SYNC","standing":"IN_SYNC","report":0,"detail":""}}}}}}""".getBytes(StandardCharsets.UTF_8));
        assertThat(state.volume(DATA).orElseThrow().idles()).isFalse();
        assertThat(state.volume(DATA).orElseThrow().mirrorOrDefault()).isEqualTo(MirrorOptions.DEFAULT);
    }

    @Test
    void anEntryFromBeforeServicesHadPoliciesAndMonitorsStillReads() throws Exception {
        String old = """
                {"v":1,"command":{"type":"define-service","spec":{"name":"ledger","command":["java"],\
                "address":"10.77.0.50/24","environment":{},"user":"nobody","workingDirectory":"/",\
                "limits":{"memoryBytes":null,"cpus":null,"processes":null,"openFiles":null},"node":null},\
                "owner":"node-a","atMillis":5}}""";

        Command command = LogCodec.decodeEntry(old.getBytes(StandardCharsets.UTF_8));

        assertThat(command)
                .isEqualTo(new Command.DefineService(
                        new ServiceSpec(
                                LEDGER,
                                List.of("java"),
                                ServiceAddress.parse("10.77.0.50/24"),
                                new TreeMap<>(),
                                "nobody",
                                "/",
                                Limits.NONE,
                                null),
                        A,
                        5));
    }

    @Test
    void aBarrierIsNoCommand() throws Exception {
        assertThat(LogCodec.decodeEntry(LogCodec.barrier())).isNull();
    }

    @Test
    void whatThisProgramDoesNotKnowIsAnErrorAndIsNamed() {
        assertRefused("{\"v\":2,\"command\":{}}", "format version 2");
        assertRefused("{\"command\":{}}", "does not begin with a format version");
        assertRefused("{\"v\":1}", "no command");
        assertRefused("{\"v\":1,\"command\":{\"type\":\"dance\",\"atMillis\":1}}", "dance");
        assertRefused("{\"v\":1,\"command\":{\"type\":\"commit-move\",\"id\":\"m1\",\"atMillis\":1,\"x\":2}}", "\"x\"");
        assertRefused(
                "{\"v\":1,\"command\":{\"type\":\"commit-move\",\"id\":\"NOT A LABEL\",\"atMillis\":1}}", "NOT A");
        assertRefused("{\"v\":1", "");
        assertRefused("", "");
    }

    @Test
    void anEntryLargerThanAllowedIsNotEvenParsed() {
        byte[] large = new byte[LogCodec.COMMAND_BYTES_MAX + 1];
        Arrays.fill(large, (byte) ' ');
        assertThatThrownBy(() -> LogCodec.decodeEntry(large))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("262144 are allowed");
    }

    private static void assertRefused(String text, String named) {
        assertThatThrownBy(() -> LogCodec.decodeEntry(text.getBytes(StandardCharsets.UTF_8)))
                .as(text)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(named);
    }
}
