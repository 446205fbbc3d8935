package norikae.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.DemoteVolumeRequest;
import norikae.agent.api.v1.MirrorSettings;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.ResizeVolumeRequest;
import norikae.agent.api.v1.StopVerifyVolumeRequest;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.api.v1.WhenHistoryFull;
import norikae.agent.cli.CliRig.Result;
import norikae.agent.client.FakeCluster;
import norikae.agent.client.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VolumeCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOST = "0d6f1a52-9d4e-4c2b-8f6f-1f0f8f7a9b11";

    private final FakeCluster cluster;
    private final CliRig cli;

    VolumeCommandTest(@TempDir Path folder) throws Exception {
        TestPki pki = new TestPki(folder.resolve("pki"));
        cluster = new FakeCluster(pki);
        cli = new CliRig(folder).withClient(pki.client("op", "operator", cluster.member()));
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static VolumeStatus.Builder volume() {
        return VolumeStatus.newBuilder()
                .setName("data")
                .setBytes(20L << 30)
                .setPrimary("node-a")
                .setEpoch(3)
                .setOpen(true)
                .setUri("nbd+unix:///data?socket=/run/norikae/volumes.sock")
                .setMirror(MirrorSettings.newBuilder()
                        .setHistoryMemoryBytes(256 << 20)
                        .setWhenFull(WhenHistoryFull.WHEN_HISTORY_FULL_RESYNC)
                        .setResyncBytesPerSecond(50 << 20))
                .addCopies(CopyStatus.newBuilder()
                        .setNode("node-a")
                        .setMode(ReplicationMode.REPLICATION_MODE_SYNC)
                        .setConsistentAtMillis(1_700_000_000_000L)
                        .setGeneration("abcdef01-9d4e-4c2b-8f6f-1f0f8f7a9b11")
                        .setInSync(true));
    }

    private static VolumeStatus with(CopyStatus.Builder copy) {
        return volume().addCopies(copy).build();
    }

    private static CopyStatus.Builder replica(String state) {
        return CopyStatus.newBuilder()
                .setNode("node-b")
                .setMode(ReplicationMode.REPLICATION_MODE_SYNC)
                .setState(state);
    }

    private static VolumeStatus resyncing(long done) {
        return with(replica("RESYNCING")
                .setResyncDoneBytes(done << 30)
                .setResyncTotalBytes(4L << 30)
                .setResyncSentBytes(done << 29)
                .setResyncMillis(1000 * done));
    }

    // ---- create

    @Test
    void createSendsModesAndMirrorOptions() {
        cluster.volumes.script(volume().build());
        Result result = cli.run(
                "volume",
                "create",
                "data",
                "20GiB",
                "--on",
                "node-a",
                "--replica",
                "node-b:async",
                "--history",
                "256MiB",
                "--when-full",
                "resync",
                "--resync-rate",
                "50MiB");
        assertThat(result.code()).as(result.toString()).isZero();
        assertThat(cluster.requests)
                .contains(CreateVolumeRequest.newBuilder()
                        .setName("data")
                        .setBytes(20L << 30)
                        .setPrimary("node-a")
                        .addReplicas(VolumeReplica.newBuilder()
                                .setNode("node-b")
                                .setMode(ReplicationMode.REPLICATION_MODE_ASYNC))
                        .setMirror(MirrorSettings.newBuilder()
                                .setHistoryMemoryBytes(256 << 20)
                                .setHistoryDiskBytes(4L << 30)
                                .setWhenFull(WhenHistoryFull.WHEN_HISTORY_FULL_RESYNC)
                                .setResyncBytesPerSecond(50 << 20))
                        .build());
    }

    @ParameterizedTest
    @CsvSource({
        "--history, 256M, 256MiB",
        "--history-disk, much, is not a size",
        "--when-full, wait, neither throttle nor resync",
        "--resync-rate, -1, is not a size",
        "--replica, node-b:maybe, 'sync, semi-sync or async'",
    })
    void createRefusesWhatCannotBeMeant(String option, String value, String remedy) {
        Result result = cli.run("volume", "create", "data", "20GiB", "--on", "node-a", option, value);
        assertThat(result.code()).isEqualTo(ExitCode.USAGE.number());
        assertThat(result.err()).contains(remedy);
        assertThat(cluster.requests).isEmpty();
    }

    @Test
    void createSaysWhichNodesHaveOneCopyBetweenThem() {
        cluster.volumes.script(volume().build());
        String[] words =
                "volume create data 1GiB --on node-a --shared san1=node-a,node-b --replica node-c:async".split(" ", -1);
        assertThat(cli.run(words).code()).isZero();
        assertThat(cluster.requests)
                .contains(CreateVolumeRequest.newBuilder()
                        .setName("data")
                        .setBytes(1L << 30)
                        .setPrimary("node-a")
                        .setPrimaryShared("san1")
                        .addReplicas(VolumeReplica.newBuilder()
                                .setNode("node-c")
                                .setMode(ReplicationMode.REPLICATION_MODE_ASYNC))
                        .addReplicas(VolumeReplica.newBuilder()
                                .setNode("node-b")
                                .setMode(ReplicationMode.REPLICATION_MODE_SYNC)
                                .setShared("san1"))
                        .build());
    }

    // ---- status

    @Test
    void statusTellsTheLastConsistentPointAndHowMirroringIsSet() {
        cluster.volumes.script(with(replica("PAUSED")
                .setMode(ReplicationMode.REPLICATION_MODE_ASYNC)
                .setReason("nothing was heard from it for 3000 ms")
                .setBehindMillis(4200)
                .setHistoryBytes(3 << 20)
                .setHistoryDiskBytes(1 << 20)
                .setHistoryOps(17)
                .setConsistentAtMillis(1_700_000_000_000L)
                .setGeneration("abcdef01-9d4e-4c2b-8f6f-1f0f8f7a9b11")));
        Result result = cli.run("volume", "status", "data");
        assertThat(result.out())
                .contains("volume data, 20 GiB, written by node-a under epoch 3")
                .contains("history 256 MiB in memory and 0 B on disk, then resync; resync at most 50 MiB/s")
                .containsPattern(
                        "node-b +async +async +paused +4.2 s, 3.0 MiB in 17 writes \\(1.0 MiB on disk\\) +2023-11-1\\d"
                                + " [0-9:]{8} in abcdef01 +nothing was heard");
    }

    @Test
    void statusTellsHowFarAResyncIsWithRateAndTimeLeft() {
        cluster.volumes.script(resyncing(3));
        assertThat(cli.run("volume", "status", "data").out())
                .contains("resync 75 %, 1.0 GiB/s, 1.5 GiB sent, 1 s left");
        assertThat(cli.run("volume", "list").out()).contains("node-b (behind, resync 75 %)");
    }

    @Test
    void statusNamesWhatWouldBeLostAndTheCommandThatLosesIt() throws Exception {
        VolumeStatus refused = with(replica("REFUSED")
                        .setReason("split brain")
                        .setRefusal("SPLIT_BRAIN")
                        .setUnknownGeneration(LOST)
                        .setUnknownWriter("node-b")
                        .setUnknownEpoch(2))
                .toBuilder()
                .setLossyEpoch(3)
                .build();
        cluster.volumes.script(refused);
        assertThat(cli.run("volume", "status", "data").out())
                .contains("acknowledged writes were lost when epoch 3 began")
                .contains("the copy on node-b has writes of generation " + LOST + ", by node-b under epoch 2")
                .contains("\n  norikae volume resync data node-b --discard " + LOST + "\n");
        JsonNode copy = JSON.readTree(
                        cli.run("volume", "status", "data", "--json").out())
                .at("/volumes/0/copies/1");
        assertThat(copy.path("refusal").asText()).isEqualTo("SPLIT_BRAIN");
        assertThat(copy.path("unknownGeneration").asText()).isEqualTo(LOST);
        assertThat(copy.path("unknownEpoch").asLong()).isEqualTo(2);
    }

    // ---- attach, demote, resize

    @Test
    void attachNamesTheDeviceAndWhereItIsMounted() {
        assertThat(cli.run("volume", "attach", "data").out()).isEqualTo("volume data is /dev/loop7 on node-a\n");
        assertThat(cli.run("volume", "attach", "data", "--mount", "/mnt/data").out())
                .isEqualTo("volume data is /dev/loop7 on node-a, mounted on /mnt/data\n");
        assertThat(cluster.requests)
                .contains(AttachVolumeRequest.newBuilder()
                        .setName("data")
                        .setPath("/mnt/data")
                        .build());
        assertThat(cli.run("volume", "detach", "data").out())
                .isEqualTo("volume data is no device of node-a any more\n");
    }

    @Test
    void demoteSaysWhereTheVolumeIsWholeAndStatusHowItGoesOn() {
        VolumeStatus idle = volume().setPrimary("")
                .setIdle(true)
                .addCopies(replica("").setInSync(true))
                .build();
        cluster.volumes.script(idle);
        assertThat(cli.run("volume", "demote", "data").out())
                .isEqualTo("volume data is written by nobody, and whole on node-a, node-b\n");
        assertThat(cluster.requests)
                .contains(DemoteVolumeRequest.newBuilder().setName("data").build());
        assertThat(cli.run("volume", "status", "data").out())
                .contains("written by nobody")
                .contains("'norikae volume promote data --to NODE'");
        assertThat(cli.run("volume", "list").out()).contains("- (idle)");
    }

    @Test
    void resizeTakesASizeLikeThatOfCreate() {
        cluster.volumes.script(volume().setBytes(40L << 30).setEpoch(4).build());
        assertThat(cli.run("volume", "resize", "data", "--size", "40GiB").out())
                .isEqualTo("volume data has 40 GiB under epoch 4\n");
        assertThat(cluster.requests)
                .contains(ResizeVolumeRequest.newBuilder()
                        .setName("data")
                        .setBytes(40L << 30)
                        .build());
        assertThat(cli.run("volume", "resize", "data", "--size", "40G").err()).contains("40GiB");
    }

    // ---- resync, verify

    @Test
    void resyncShowsHowFarItIsUntilTheCopyHasEverything() {
        cluster.volumes.script(
                with(replica("DETACHED").setReason("not connected yet")),
                resyncing(1),
                resyncing(3),
                with(replica("STREAMING")));
        Result result = cli.run("volume", "resync", "data", "node-b");
        assertThat(result.code()).as(result.toString()).isZero();
        assertThat(result.out().lines())
                .containsExactly(
                        "waiting for node-b: not connected yet",
                        "resync: 1.0 GiB of 4.0 GiB, 1.0 GiB/s, 3 s left",
                        "resync: 3.0 GiB of 4.0 GiB, 1.0 GiB/s, 1 s left",
                        "the copy of volume data on node-b has everything");
    }

    @Test
    void resyncAsJsonIsALineForEachLook() throws Exception {
        cluster.volumes.script(resyncing(1), with(replica("STREAMING")));
        String out = cli.run("volume", "resync", "data", "node-b", "--json").out();
        assertThat(out.lines()).hasSize(2);
        assertThat(JSON.readTree(out.lines().toList().getFirst())
                        .path("resyncDoneBytes")
                        .asLong())
                .isEqualTo(1L << 30);
    }

    @Test
    void ctrlCEndsTheWatchingAndNotTheResync() throws Exception {
        cluster.volumes.script(resyncing(1));
        CompletableFuture<Result> running =
                CompletableFuture.supplyAsync(() -> cli.run("volume", "resync", "data", "node-b"));
        cli.pressCtrlC();
        Result result = running.get(30, TimeUnit.SECONDS);
        assertThat(result.code()).isEqualTo(130);
        assertThat(result.err()).contains("the resync goes on");
    }

    @Test
    void aResyncThatIsRefusedSaysWhy() {
        cluster.volumes.script(with(replica("REFUSED").setReason("split brain: use --discard")));
        Result result = cli.run("volume", "resync", "data", "node-b");
        assertThat(result.code()).isEqualTo(ExitCode.PRECONDITION.number());
        assertThat(result.err()).contains("split brain: use --discard");
    }

    @Test
    void verifyTellsWhetherTheCopiesAreTheSame() {
        cluster.volumes.script(with(replica("STREAMING")));
        cluster.volumes.verified(0);
        assertThat(cli.run("volume", "verify", "data", "node-b").out()).isEqualTo("the copies are the same\n");
    }

    @Test
    void verifyOfCopiesThatDifferFails() throws Exception {
        cluster.volumes.script(with(replica("STREAMING")));
        cluster.volumes.verified(65_536);
        Result result = cli.run("volume", "verify", "data", "node-b", "--json");
        assertThat(result.code()).isEqualTo(ExitCode.FAILURE.number());
        assertThat(JSON.readTree(result.out().lines().toList().getLast())
                        .path("differingBytes")
                        .asLong())
                .isEqualTo(65_536);
    }

    @Test
    void ctrlCStopsAComparison() throws Exception {
        cluster.volumes.script(
                with(replica("STREAMING").setResyncDoneBytes(1 << 30).setResyncTotalBytes(4L << 30)));
        CompletableFuture<Result> running =
                CompletableFuture.supplyAsync(() -> cli.run("volume", "verify", "data", "node-b"));
        cli.pressCtrlC();
        Result result = running.get(30, TimeUnit.SECONDS);
        assertThat(result.code()).as(result.toString()).isEqualTo(130);
        assertThat(result.err()).contains("the comparison is stopped");
        assertThat(cluster.requests)
                .contains(StopVerifyVolumeRequest.newBuilder()
                        .setName("data")
                        .setNode("node-b")
                        .build());
    }

    @Test
    void aCopyThatIsNotThereIsNamed() {
        cluster.volumes.script(with(replica("STREAMING")));
        Result result = cli.run("volume", "resync", "data", "node-z");
        assertThat(result.code()).isEqualTo(ExitCode.NOT_FOUND.number());
        assertThat(result.err()).contains("volume data has no copy on node-z");
    }
}
