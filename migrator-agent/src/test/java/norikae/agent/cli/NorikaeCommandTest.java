package norikae.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.CancelMoveRequest;
import norikae.agent.api.v1.IssueCertificateRequest;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.api.v1.RunServiceRequest;
import norikae.agent.api.v1.StopServiceRequest;
import norikae.agent.cli.CliRig.Result;
import norikae.agent.client.FakeCluster;
import norikae.agent.client.FakeCluster.Migration;
import norikae.agent.client.TestPki;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfig.Member;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class NorikaeCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Member NOBODY = new Member("127.0.0.1", 1); // tcpmux: nothing listens there

    private final Path folder;
    private final TestPki pki;
    private final FakeCluster cluster;
    private final CliRig cli;

    NorikaeCommandTest(@TempDir Path folder) throws Exception {
        this.folder = folder;
        pki = new TestPki(folder.resolve("pki"));
        cluster = new FakeCluster(pki);
        cli = new CliRig(folder).withClient(pki.client("op", "operator", cluster.member()));
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    private static List<JsonNode> jsonLines(String text) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : text.split("\n")) {
            lines.add(json(line));
        }
        return lines;
    }

    private static void assertFails(Result result, ExitCode code, String message) {
        assertThat(result.code()).as(result.toString()).isEqualTo(code.number());
        assertThat(result.err()).startsWith("norikae: ").contains(message).doesNotContain("\tat ");
    }

    // ---- looking

    @Test
    void statusShowsNodesAndServicesInTables() {
        assertThat(cli.run("status")).isEqualTo(new Result(0, """
                cluster test, led by node-a, failover off

                NODE     ADDRESS     ROLE     STATE  SERVICES  VERSION  KERNEL
                node-a   10.77.0.11  server   up     0         0.1.0    6.18.0
                witness  10.77.0.13  witness  up     -         0.1.0    6.18.0

                SERVICE  NODE    ADDRESS        STATE    EPOCH  NOTE
                ledger   node-a  10.77.0.50/24  running  3
                """, ""));
    }

    @Test
    void statusAsJsonIsOneDocument() throws Exception {
        JsonNode status = json(cli.run("status", "--json").out());
        assertThat(status.path("cluster").asText()).isEqualTo("test");
        assertThat(status.path("current").asBoolean()).isTrue();
        assertThat(status.path("services").path(0).path("epoch").isIntegralNumber())
                .isTrue();
        assertThat(status.path("nodes").path(1).path("witness").asBoolean()).isTrue();
    }

    @Test
    void statusThatIsNotCurrentSaysSoAndFails() {
        cluster.current = false;
        Result result = cli.run("status");
        assertFails(result, ExitCode.UNREACHABLE, "no majority");
        assertThat(result.out()).contains("ledger");
    }

    @Test
    void statusLearnsMembersForTheDayThatTheFirstOneIsGone() throws Exception {
        assertThat(cli.run("status").code()).isZero();
        assertThat(ClientConfig.load(cli.clientFile()).members())
                .extracting(Member::host)
                .containsExactly("127.0.0.1", "10.77.0.11", "10.77.0.13");
    }

    @Test
    void statusWatchPrintsEachStatus() throws Exception {
        assertThat(jsonLines(cli.run("status", "--watch", "--json").out())).hasSize(2);
    }

    @Test
    void nodeListAndQuiet() throws Exception {
        assertThat(cli.run("node", "list").out()).startsWith("NODE ").contains("witness");
        assertThat(cli.run("node", "list", "-q").out()).isEqualTo("node-a\nwitness\n");
        assertThat(json(cli.run("node", "list", "--json").out()).path("nodes")).hasSize(2);
    }

    @Test
    void eventsTellWhereTheTimeOfAMoveWent() throws Exception {
        Result result = cli.run("events", "ledger", "--limit", "7");
        assertThat(result.out())
                .contains("move-finished     ledger        ledger moved from node-a to node-b in 812 ms\n")
                .contains("check 31, freeze 1.4, dump 120, commit 13 ms; paused 240 ms;"
                        + " 61 MiB sent (33 MiB on the wire)\n");
        assertThat(cluster.requests)
                .contains(ListEventsRequest.newBuilder()
                        .setSubject("ledger")
                        .setLimit(7)
                        .build());
        List<JsonNode> lines = jsonLines(cli.run("events", "--json").out());
        assertThat(lines).hasSize(2);
        assertThat(lines.getLast().path("details").path("pauseMicros").asText()).isEqualTo("240000");
    }

    @Test
    void logsAreTheBytesOfTheService() throws Exception {
        assertThat(cli.run("logs", "ledger", "--tail", "4KiB")).isEqualTo(new Result(0, "READY\n", ""));
        assertThat(cluster.requests)
                .contains(ReadLogsRequest.newBuilder()
                        .setService("ledger")
                        .setTailBytes(4096)
                        .build());
        assertThat(json(cli.run("logs", "ledger", "--json").out()).path("data").asText())
                .isEqualTo("READY\n");
    }

    // ---- services

    private Path spec(String text) throws IOException {
        return Files.writeString(folder.resolve("ledger.yaml"), text);
    }

    @Test
    void runSendsTheSpecAndShowsWhatWasAdded() throws Exception {
        Path spec = spec("""
                name: ledger
                command: java -jar x.jar
                address: 10.77.0.50/24
                user: nobody
                limits: {memory: 1GiB}
                """);
        Result result = cli.run("run", spec.toString(), "--node", "node-b");
        assertThat(result.out())
                .startsWith("ledger runs on node-a at 10.77.0.50/24\n")
                .contains("PerfDisableSharedMem");
        assertThat(cluster.requests).singleElement().isInstanceOfSatisfying(RunServiceRequest.class, r -> {
            assertThat(r.getSpec().getCommandList()).containsExactly("java", "-jar", "x.jar");
            assertThat(r.getSpec().getMemoryBytes()).isEqualTo(1L << 30);
            assertThat(r.getSpec().getNode()).isEqualTo("node-b");
        });
        assertThat(json(cli.run("run", "--json", spec.toString()).out())
                        .path("node")
                        .asText())
                .isEqualTo("node-a");
    }

    @Test
    void runNamesEveryMistakeOfASpecAndAsksNobody() throws Exception {
        Path spec = spec("name: Ledger\ncommand: x\naddress: 10.77.0.50/24\nusr: nobody\n");
        Result result = cli.run("run", spec.toString());
        assertFails(result, ExitCode.USAGE, "norikae: " + spec + ":1:7: name: ");
        assertThat(result.err()).contains(spec + ":4:1: usr: is not a known key: do you mean user?");
        assertThat(cluster.requests).isEmpty();
    }

    @Test
    void runReadsStandardInputAndMissesAFile() {
        cli.withInput("name: ledger\ncommand: x\naddress: 10.77.0.50/24\nuser: [nobody]\n");
        assertFails(cli.run("run", "-"), ExitCode.USAGE, "standard input:4:7: user: is a list");
        assertFails(cli.run("run", "/nowhere.yaml"), ExitCode.USAGE, "there is no file /nowhere.yaml");
    }

    @Test
    void stopSaysHowTheServiceEnded() throws Exception {
        assertThat(cli.run("stop", "ledger", "--grace", "3").out()).isEqualTo("ledger exited with 143\n");
        assertThat(cluster.requests)
                .contains(StopServiceRequest.newBuilder()
                        .setService("ledger")
                        .setGraceSeconds(3)
                        .build());
        assertThat(json(cli.run("stop", "ledger", "--json").out())
                        .path("ending")
                        .asText())
                .isEqualTo("exited with 143");
        assertThat(cli.run("stop", "ledger", "-q").out()).isEmpty();
    }

    // ---- moves

    @Test
    void migratePrintsEachStateAndTheEnd() {
        assertThat(cli.run("migrate", "ledger", "--to", "node-b")).isEqualTo(new Result(0, """
                moving ledger from node-a to node-b (move mv-1)
                   0.0 ms  Planned
                    31 ms  Checked    can move: nothing against it, 300 MiB of memory
                    45 ms  Prepared
                           30 MiB of 61 MiB
                    46 ms  Copying
                           61 MiB of 61 MiB
                   812 ms  Cleaned
                moved ledger from node-a to node-b in 812 ms, paused 240 ms, 61 MiB sent (33 MiB on the wire)
                """, ""));
        assertThat(cluster.requests)
                .contains(MoveRequest.newBuilder()
                        .setService("ledger")
                        .setTo("node-b")
                        .build());
    }

    @Test
    void migrateSaysHowMemoryIsToTravel() {
        assertThat(cli.run(
                                "migrate",
                                "ledger",
                                "--mode",
                                "pre-copy",
                                "--max-pause",
                                "2s",
                                "--bandwidth",
                                "50MiB",
                                "--max-rounds",
                                "4")
                        .code())
                .isZero();
        assertThat(cluster.requests)
                .contains(MoveRequest.newBuilder()
                        .setService("ledger")
                        .setMode(MemoryMode.PRE_COPY)
                        .setMaxPauseMillis(2_000)
                        .setBandwidth(50 << 20)
                        .setMaxRounds(4)
                        .build());
    }

    @ParameterizedTest
    @CsvSource({
        "--mode, fast, 'use auto, stop, pre-copy or hybrid'",
        "--max-pause, 2, write 100ms or 2s",
        "--max-pause, 0ms, no move is without a pause",
        "--bandwidth, 50MB, such as 50MiB",
        "--max-rounds, -1, write 1 or more"
    })
    void migrateRefusesWhatCannotBeMeant(String option, String value, String remedy) {
        assertFails(cli.run("migrate", "ledger", option, value), ExitCode.USAGE, remedy);
        assertThat(cluster.requests).isEmpty();
    }

    @Test
    void migrateAsJsonIsALineForEachUpdate() throws Exception {
        List<JsonNode> lines = jsonLines(cli.run("migrate", "ledger", "--json").out());
        assertThat(lines)
                .extracting(l -> l.path("state").asText())
                .containsExactly("Planned", "Checked", "Prepared", "Copying", "Cleaned");
        assertThat(lines.getLast().path("result").path("pauseMillis").asDouble())
                .isEqualTo(240);
    }

    @Test
    void migrateQuietlySaysNothingUnlessItFails() {
        assertThat(cli.run("migrate", "ledger", "-q")).isEqualTo(new Result(0, "", ""));
        cluster.migration = Migration.FAILS;
        Result result = cli.run("migrate", "ledger", "-q");
        assertThat(result.code()).isEqualTo(ExitCode.ABORTED.number());
        assertThat(result.out()).isEqualTo("did not move ledger: the target went away; it runs on node-a\n");
    }

    @Test
    void migrateThatTheCheckBlocksShowsWhatToDo() {
        cluster.migration = Migration.BLOCKED;
        Result result = cli.run("migrate", "ledger");
        assertFails(result, ExitCode.PRECONDITION, "the check found a blocker");
        assertThat(result.out())
                .contains("blocker open-file-differs: /srv/ledger.jar is another file on node-b")
                .contains("why: the process has it mapped")
                .contains("do:  copy it");
    }

    @Test
    void dryRunAndCheckTouchNothing() throws Exception {
        assertThat(cli.run("migrate", "ledger", "--dry-run").out())
                .isEqualTo("ledger from node-a to node-b can move: nothing against it, 300 MiB of memory\n");
        cluster.migration = Migration.BLOCKED;
        Result blocked = cli.run("check", "ledger", "--to", "node-b", "--json");
        assertThat(blocked.code()).isEqualTo(ExitCode.PRECONDITION.number());
        assertThat(json(blocked.out()).path("findings").path(0).path("severity").asText())
                .isEqualTo("BLOCKER");
        assertThat(cluster.copying.getCount()).as("no move was begun").isOne();
    }

    @Test
    void ctrlCEndsTheMoveAndWaitsForItsEnd() throws Exception {
        cluster.migration = Migration.WAITS_FOR_CANCEL;
        CompletableFuture<Result> running = CompletableFuture.supplyAsync(() -> cli.run("migrate", "ledger"));
        assertThat(cluster.copying.await(30, TimeUnit.SECONDS)).isTrue();
        cli.pressCtrlC();
        Result result = running.get(30, TimeUnit.SECONDS);
        assertThat(result.code()).isEqualTo(130);
        assertThat(result.out()).endsWith("did not move ledger: cancelled by the operator; it runs on node-a\n");
        assertThat(result.err()).contains("asking the cluster to end the move of ledger");
        assertThat(cluster.requests)
                .contains(CancelMoveRequest.newBuilder().setMoveId("mv-1").build());
    }

    @Test
    void ctrlCThatComesTooLateIsASuccess() throws Exception {
        cluster.migration = Migration.COMMITS_ON_CANCEL;
        CompletableFuture<Result> running = CompletableFuture.supplyAsync(() -> cli.run("migrate", "ledger"));
        assertThat(cluster.copying.await(30, TimeUnit.SECONDS)).isTrue();
        cli.pressCtrlC();
        Result result = running.get(30, TimeUnit.SECONDS);
        assertThat(result.code()).isZero();
        assertThat(result.err()).contains("too late, the move goes on to its end: the move has committed");
        assertThat(result.out()).contains("moved ledger from node-a to node-b");
    }

    @Test
    void migrateFindsOutHowAMoveEndedWhoseReporterWentAway() {
        cluster.migration = Migration.BREAKS_OFF_AND_MOVED;
        Result result = cli.run("migrate", "ledger");
        assertThat(result.code()).as(result.toString()).isZero();
        assertThat(result.err()).contains("lost sight of the move");
        assertThat(result.out()).endsWith("moved ledger from node-a to node-b; norikae events has the times\n");
    }

    @Test
    void drainMovesEverything() {
        Result result = cli.run("drain", "node-a");
        assertThat(result.code()).as(result.toString()).isZero();
        assertThat(result.out())
                .contains("moved ledger from node-a to node-b")
                .contains("moved redis from node-a to node-b")
                .endsWith("node-a is drained: 2 services moved\n");
    }

    // ---- members

    @Test
    void nodeTokenPrintsTheTokenAloneOnStandardOutput() throws Exception {
        Result result = cli.run("node", "token", "--valid", "30m");
        assertThat(result.out()).isEqualTo("nk1.secret\n");
        assertThat(result.err()).contains("good for one node until 2023-11-14T22:13:20Z");
        assertThat(json(cli.run("node", "token", "--json").out()).path("token").asText())
                .isEqualTo("nk1.secret");
        assertFails(cli.run("node", "token", "--valid", "8d"), ExitCode.USAGE, "--valid '8d' is not a time up to 7d");
    }

    @Test
    void nodeRemove() throws Exception {
        assertThat(cli.run("node", "remove", "node-b").out()).isEqualTo("node-b is no longer a member\n");
        assertThat(json(cli.run("node", "remove", "node-b", "--json").out())
                        .path("removed")
                        .asText())
                .isEqualTo("node-b");
    }

    @Test
    void operatorAddKeepsTheKeyHere() throws Exception {
        Path out = folder.resolve("grace");
        Result result = cli.run("operator", "add", "grace", "--role", "viewer", "--out", out.toString());
        assertThat(result.code()).as(result.toString()).isZero();
        assertThat(cluster.requests).singleElement().isInstanceOfSatisfying(IssueCertificateRequest.class, r -> {
            assertThat(r.getRole()).isEqualTo("viewer");
            assertThat(r.getValidDays()).isEqualTo(365);
            assertThat(r.getSigningRequestPem()).startsWith("-----BEGIN CERTIFICATE REQUEST-----");
        });
        ClientConfig config = ClientConfig.load(out.resolve("client.json"));
        assertThat(config.certificate()).hasContent("certificate of grace");
        assertThat(config.members()).containsExactly(cluster.member());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config.key())))
                .isEqualTo("rw-------");
        assertFails(
                cli.run("operator", "add", "grace", "--role", "viewer", "--out", out.toString()),
                ExitCode.PRECONDITION,
                "exists already");
        assertFails(cli.run("operator", "add", "x", "--role", "king"), ExitCode.USAGE, "king");
    }

    // ---- refusals

    @Test
    void aViewerMayLookButNotMove() throws Exception {
        cli.withClient(pki.client("viewer", "viewer", cluster.member()));
        assertThat(cli.run("status").code()).isZero();
        assertFails(cli.run("migrate", "ledger"), ExitCode.PERMISSION, "a viewer may not do this");
    }

    @Test
    void anUnknownServiceIsNotFound() {
        assertFails(cli.run("migrate", "nosuch"), ExitCode.NOT_FOUND, "there is no service nosuch");
        assertFails(cli.run("check", "nosuch", "--to", "node-b"), ExitCode.NOT_FOUND, "there is no service nosuch");
        assertFails(cli.run("stop", "nosuch"), ExitCode.NOT_FOUND, "there is no service nosuch");
    }

    @Test
    void noMajorityAndNobodyThereAreTheSameToAScript() throws Exception {
        cluster.withoutMajority = true;
        assertFails(cli.run("status"), ExitCode.UNREACHABLE, "the cluster has no majority");
        cli.withClient(pki.client("op2", "operator", NOBODY));
        assertFails(cli.run("status"), ExitCode.UNREACHABLE, "127.0.0.1:1 does not accept connections");
        assertFails(cli.run("migrate", "ledger"), ExitCode.UNREACHABLE, "127.0.0.1:1 does not accept connections");
    }

    @Test
    void theNextMemberIsAskedWhenOneIsGone() throws Exception {
        cli.withClient(pki.client("op2", "operator", NOBODY, cluster.member()));
        assertThat(cli.run("status").code()).isZero();
        assertThat(cli.run("migrate", "ledger").code()).isZero();
    }

    @Test
    void acceptsNobodyFromAnotherCluster() throws Exception {
        TestPki other = new TestPki(folder.resolve("other"));
        cli.withClient(other.client("op", "operator", cluster.member()));
        assertFails(cli.run("status"), ExitCode.PERMISSION, "is not a member of this client's cluster");

        ClientConfig mixed = other.client("op", "operator", cluster.member());
        cli.withClient(
                new ClientConfig("test", mixed.members(), mixed.certificate(), mixed.key(), pki.authorityFile()));
        assertFails(cli.run("status"), ExitCode.PERMISSION, "does not accept this client's certificate");
    }

    @Test
    void aConfigurationThatIsMissingOrBrokenIsNamed() throws Exception {
        Files.delete(cli.clientFile());
        assertFails(cli.run("status"), ExitCode.USAGE, "no cluster to talk to");
        assertFails(cli.run("status", "--config", "/nowhere"), ExitCode.USAGE, "/nowhere, named by --config");
        Path broken = Files.writeString(folder.resolve("broken.json"), "{\"clutser\": 1}");
        assertFails(cli.run("status", "--config", broken.toString()), ExitCode.USAGE, broken + ":1:2: clutser: is not");
        cli.withClient(new ClientConfig(
                "test",
                List.of(cluster.member()),
                folder.resolve("no.crt"),
                folder.resolve("no.key"),
                pki.authorityFile()));
        assertFails(cli.run("status"), ExitCode.USAGE, "the client's certificate, " + folder.resolve("no.crt"));
    }

    @Test
    void aWrongCommandLineIsExplained() {
        assertFails(cli.run(), ExitCode.USAGE, "name a command");
        assertFails(cli.run("migrat", "ledger"), ExitCode.USAGE, "there is no command 'migrat'; do you mean migrate?");
        assertFails(cli.run("node", "lst"), ExitCode.USAGE, "there is no command 'lst'; do you mean list?");
        assertFails(cli.run("node"), ExitCode.USAGE, "name one of: list, status, maintenance, fence, confirm-off");
        assertFails(cli.run("failover"), ExitCode.USAGE, "name a service, or one of: on, off, show");
        assertFails(cli.run("node", "confirm-off", "node-b"), ExitCode.USAGE, "say so with --yes");
        assertFails(cli.run("node", "maintenance", "node-b", "maybe"), ExitCode.USAGE, "neither on nor off");
        assertFails(cli.run("migrate"), ExitCode.USAGE, "SERVICE");
        assertFails(cli.run("migrate", "a", "b"), ExitCode.USAGE, "one word too many: 'b'");
        assertFails(cli.run("migrate", "a", "--fast"), ExitCode.USAGE, "there is no option '--fast'");
        assertFails(cli.run("logs", "a", "--tail", "4KB"), ExitCode.USAGE, "--tail '4KB' is not a size");
        assertFails(cli.run("events", "--limit", "0"), ExitCode.USAGE, "--limit 0 is out of range");
        assertThat(cli.run("events", "--limit", "x").code()).isEqualTo(ExitCode.USAGE.number());
        assertThat(cluster.requests).isEmpty();
    }

    // ---- the command itself

    @ParameterizedTest
    @ValueSource(
            strings = {"status", "run", "stop", "check", "migrate", "drain", "logs", "events", "completion", "version"})
    void everyHelpEndsWithTheExitCodes(String command) {
        Result result = cli.run(command, "--help");
        assertThat(result.code()).isZero();
        assertThat(result.out())
                .contains("Usage: norikae " + command)
                .contains("--json")
                .contains("  130  Ctrl-C");
    }

    @Test
    void helpOfRunShowsASpecThatIsAccepted() throws Exception {
        String help = cli.run("run", "--help").out();
        int from = help.indexOf("  name: ledger");
        Path spec = spec(help.substring(from, help.indexOf("Exit codes:")).replaceAll("(?m)^ {2}", ""));
        assertThat(cli.run("run", spec.toString())).extracting(Result::code).isEqualTo(0);
    }

    @Test
    void helpListsTheCommands() {
        assertThat(cli.run("--help").out())
                .contains("status", "run", "stop", "check", "migrate", "drain", "logs", "events", "node", "cluster");
        assertThat(cli.run("cluster", "init", "--help").out()).contains("--client-config", "  130  Ctrl-C");
    }

    @Test
    void completionIsAScriptThatBashAccepts() throws Exception {
        Result result = cli.run("completion");
        assertThat(result.out()).contains("complete -F").contains("migrate").contains("--dry-run");
        Process bash =
                new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (PrintStream in = new PrintStream(bash.getOutputStream(), true, java.nio.charset.StandardCharsets.UTF_8)) {
            in.print(result.out());
        }
        assertThat(bash.getInputStream().readAllBytes()).isEmpty();
        assertThat(bash.waitFor()).isZero();
    }

    @Test
    void versionIsPrinted() throws Exception {
        assertThat(cli.run("version").out()).startsWith("norikae ");
        assertThat(json(cli.run("version", "--json").out()).has("version")).isTrue();
    }

    @Test
    void anUnexpectedFaultIsOneLineUnlessDebugging() {
        CommandLine line = NorikaeCommand.everything(cli.context(System.out, System.err));
        assertThat(line.getSubcommands()).containsKeys("status", "migrate", "completion");
        Result plain = cli.run("status", "--config", "/dev");
        assertThat(plain.err()).doesNotContain("\tat ");
        assertThat(cli.run("status", "--config", "/dev", "--debug").err()).contains("\tat norikae.");
    }
}
