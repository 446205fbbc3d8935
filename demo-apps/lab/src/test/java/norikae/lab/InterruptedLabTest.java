package norikae.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A laboratory whose builder is killed in the middle. */
@Tag("system")
class InterruptedLabTest {

    private static final String NAME = "labkill";
    private static final String SUBNET = "10.88.3.0/24";

    @AfterEach
    void cleanUp() {
        Lab.down(NAME);
    }

    /** The moments are numbers of processes that exist: a measure of progress that no fast machine escapes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 7, 10})
    void downRemovesALaboratoryWhoseBuilderWasKilled(int processesAtDeath) throws Exception {
        killBuilderAt(processesAtDeath);

        Lab.down(NAME);

        assertThat(Lab.remains(NAME)).isEmpty();
        assertThat(LabDirectories.RUN_ROOT.resolve(NAME + ".lock")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8})
    void upReplacesALaboratoryWhoseBuilderWasKilled(int processesAtDeath) throws Exception {
        killBuilderAt(processesAtDeath);
        List<String> progress = new ArrayList<>();

        try (Lab lab = Lab.up(options(), progress::add)) {
            assertThat(lab.node("node-b").run("hostname")).isEqualTo("node-b\n");
        }

        assertThat(progress.getFirst()).contains("interrupted");
        assertThat(Lab.remains(NAME)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 9})
    void aBuilderThatIsToldToStopRemovesWhatItHasBuilt(int processesAtSignal) throws Exception {
        Process builder = startBuilder();
        awaitProcesses(processesAtSignal);
        builder.destroy();
        assertThat(builder.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(Lab.remains(NAME)).isEmpty();
    }

    private static LabOptions options() {
        return LabOptions.defaults().withName(NAME).withSubnet(SUBNET).withAgents(LabOptions.Agents.NONE);
    }

    private static void killBuilderAt(int processes) throws Exception {
        Process builder = startBuilder();
        awaitProcesses(processes);
        builder.destroyForcibly();
        assertThat(builder.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(Lab.remains(NAME)).isNotEmpty();
    }

    private static Process startBuilder() throws IOException {
        return new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LabMain.class.getName(),
                        "up",
                        "--no-agents",
                        "--name",
                        NAME,
                        "--subnet",
                        SUBNET)
                .inheritIO()
                .start();
    }

    private static void awaitProcesses(int processes) {
        Cgroups cgroups = Cgroups.ofLab(NAME);
        Waiting.until(
                Duration.ofSeconds(60),
                () -> processes + " processes of the laboratory",
                () -> cgroups.allProcesses("").size() >= processes);
    }
}
