package norikae.fencing.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.fencing.FencerContract;
import norikae.fencing.device.Secret;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code fence_dummy}, whose server is a file that says on or off, and with agents that break their word. */
@Tag("system")
class AgentFencerSystemTest extends FencerContract {

    private static final String PASSWORD = "correct-horse-battery";

    @TempDir
    Path files = Path.of("/nowhere");

    @Override
    protected String secret() {
        return PASSWORD;
    }

    @Override
    protected Fencer fencerOfARunningServer() throws IOException {
        Files.writeString(files.resolve("server"), "on");
        return fencer(
                "fence_dummy", Map.of("status_file", files.resolve("server").toString()));
    }

    @Override
    protected boolean serverRuns() throws IOException {
        return Files.readString(files.resolve("server")).strip().equals("on");
    }

    @Override
    protected Map<String, Fencer> badDevices() throws IOException {
        Map<String, Fencer> bad = new LinkedHashMap<>();
        bad.put("succeeds, but the server stays on", fencerThatNeverSucceeds());
        bad.put("ends with 2 whatever it is asked", script("confused", "exit 2"));
        bad.put("says that it failed, and off", script("failed", "[ $action = status ] && exit 2; exit 1"));
        bad.put("refuses the password", script("refuses", "echo \"wrong: $input\" >&2; exit 1"));
        bad.put("is killed", script("killed", "kill -9 $$"));
        bad.put("hangs", script("hangs", "sleep 600"));
        bad.put("hangs when asked for the status", script("hangs2", "[ $action = status ] && sleep 600; exit 0"));
        bad.put("is not there", fencer("fence_that_nobody_wrote", Map.of()));
        bad.put("is no agent", fencer("/bin/true", Map.of()));
        bad.put("cuts off storage only", fencer("fence_scsi", Map.of("devices", "/dev/null")));
        bad.put(
                "cannot switch off",
                fencer(
                        AgentScript.write(files, "no-off", "<x><action name=\"reboot\"/></x>", "exit 0")
                                .toString(),
                        Map.of()));
        return bad;
    }

    @Override
    protected Fencer fencerThatNeverSucceeds() throws IOException {
        return script("liar", "exit 0");
    }

    @Test
    void thePasswordGoesThroughStandardInputAlone() throws Exception {
        Fencer fencer = script("noting", """
                printf '%%s\\n' "$input" >%1$s/input; tr '\\0' ' ' </proc/$$/cmdline >%1$s/cmdline; env >%1$s/env
                [ $action = status ] && exit 2
                exit 0
                """.formatted(files));
        assertThat(fencer.stop(PATIENCE)).isInstanceOf(Confirmed.class);
        assertThat(files.resolve("input")).content().contains("action=status\nplug=7\npassword=" + PASSWORD);
        assertThat(files.resolve("cmdline")).content().doesNotContain(PASSWORD);
        assertThat(files.resolve("env")).content().doesNotContain(PASSWORD);
    }

    @Test
    void allProcessesOfAnAgentThatHangsAreKilled() throws Exception {
        Fencer fencer = script("family", "(sleep 600 & echo $! >" + files + "/grandchild; wait) & wait");
        assertThat(fencer.stop(Duration.ofSeconds(2))).isInstanceOfSatisfying(Unproven.class, no -> assertThat(no.why())
                .contains("did not end within 2000 ms"));
        long pid = Long.parseLong(Files.readString(files.resolve("grandchild")).strip());
        // This machine's init may be slow to collect it: a zombie is dead.
        while (ProcessHandle.of(pid).isPresent() && !isZombie(pid)) {
            Thread.onSpinWait();
        }
    }

    private static boolean isZombie(long pid) throws IOException {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z ");
        } catch (java.nio.file.NoSuchFileException e) {
            return true;
        }
    }

    @Test
    void anAgentWithoutStatusIsBelieved() throws Exception {
        Path agent = AgentScript.write(
                files,
                "plain",
                "<x><action name=\"off\"/><action name=\"reboot\"/></x>",
                "[ $action = off ] && exit 0; exit 1");
        assertThat(fencer(agent.toString(), Map.of()).stop(PATIENCE)).isInstanceOf(Confirmed.class);
    }

    private Fencer script(String name, String body) throws IOException {
        return fencer(AgentScript.write(files, name, body).toString(), Map.of("plug", "7"));
    }

    private static Fencer fencer(String agent, Map<String, String> options) throws IOException {
        return new AgentSettings(agent, options, null, Secret.of(PASSWORD), null).open(Path.of("/"));
    }
}
