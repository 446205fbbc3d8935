package norikae.fencing.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.fencing.FencerContract;
import norikae.linux.Cgroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
class CgroupFencerSystemTest extends FencerContract {

    @TempDir
    Path files = Path.of("/nowhere");

    private Cgroup group = Cgroup.at(Path.of("/nowhere"));
    private Cgroup below = group;

    @BeforeEach
    void makeAServer() throws IOException {
        group = Cgroup.root()
                .child("nk-fence-" + UUID.randomUUID().toString().substring(0, 8))
                .create();
        below = group.child("service").create();
    }

    @AfterEach
    void leaveNothingBehind() throws IOException {
        group.kill();
        below.remove(PATIENCE);
        group.remove(PATIENCE);
    }

    @Override
    protected Fencer fencerOfARunningServer() throws IOException {
        group.add(sleeper());
        below.add(sleeper());
        return fencer(group.directory());
    }

    @Override
    protected boolean serverRuns() throws IOException {
        return group.populated();
    }

    @Override
    protected Map<String, Fencer> badDevices() throws IOException {
        Map<String, Fencer> bad = new LinkedHashMap<>();
        bad.put("takes the order and does nothing", fencerThatNeverSucceeds());
        bad.put("no hierarchy is mounted there", fencer(files.resolve("missing")));
        bad.put("nothing is there at all", fencer(files.resolve("missing").resolve("node-a")));
        bad.put(
                "the root of the hierarchy cannot be killed",
                fencer(Cgroup.root().directory()));
        return bad;
    }

    @Override
    protected Fencer fencerThatNeverSucceeds() throws IOException {
        Path fake = Files.createDirectories(files.resolve("fake"));
        Files.writeString(fake.resolve("cgroup.kill"), "");
        Files.writeString(fake.resolve("cgroup.procs"), "4711\n");
        Files.writeString(fake.resolve("cgroup.events"), "populated 1\nfrozen 0\n");
        return fencer(fake);
    }

    @Test
    void aFrozenServerIsStopped() throws Exception {
        Fencer fencer = fencerOfARunningServer();
        group.freeze(PATIENCE);
        assertThat(fencer.stop(PATIENCE)).isInstanceOf(Confirmed.class);
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void aGroupThatHasGoneIsOff() throws Exception {
        Fencer fencer = fencer(group.directory().resolve("never-made"));
        assertThat(fencer.stop(Duration.ofSeconds(5))).isInstanceOf(Confirmed.class);
        assertThat(fencer.check(PATIENCE).ready()).isTrue();
    }

    private static Fencer fencer(Path directory) {
        return new CgroupSettings(directory).open(Path.of("/"));
    }

    private static int sleeper() throws IOException {
        return (int) new ProcessBuilder("sleep", "600").start().pid();
    }
}
