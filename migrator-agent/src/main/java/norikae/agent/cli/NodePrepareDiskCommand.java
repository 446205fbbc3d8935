package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import norikae.fencing.pill.PillDisk;
import norikae.fencing.pill.PillTimeouts;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae node prepare-disk}. */
@Command(
        name = "prepare-disk",
        description = {
            "Make a disk that the servers share ready for heartbeats and the poison pill.",
            "Run it once, on one server; name the disk in every node.json (sharedDisks) afterwards.",
            "A disk that is not empty is refused and left as it is."
        })
final class NodePrepareDiskCommand extends Action {

    private static final int WATCHDOG_SECONDS_MAX = 600;

    @Parameters(paramLabel = "DISK", description = "The block device, under a name that is the same on every server.")
    private Path disk = Path.of("");

    @Option(
            names = "--watchdog",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "The longest time-out of the servers' watchdogs (default: ${DEFAULT-VALUE}).")
    private int watchdogSeconds = 10;

    NodePrepareDiskCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run() throws IOException {
        if (watchdogSeconds < 1 || watchdogSeconds > WATCHDOG_SECONDS_MAX) {
            throw new CliException(
                    ExitCode.USAGE,
                    "--watchdog " + watchdogSeconds + " is out of range: write 1 to " + WATCHDOG_SECONDS_MAX);
        }
        PillTimeouts times = PillTimeouts.forWatchdogOf(watchdogSeconds);
        try (PillDisk made = PillDisk.create(disk, times)) {
            if (json()) {
                printJson(Map.of(
                        "disk", disk.toString(),
                        "uuid", made.header().uuid().toString(),
                        "watchdogSeconds", times.watchdog(),
                        "msgwaitSeconds", times.msgwait()));
            } else {
                print(disk + " is ready: an order counts " + times.msgwait() + " s after it was written");
            }
        } catch (IOException e) {
            throw new CliException(ExitCode.PRECONDITION, String.valueOf(e.getMessage()));
        }
        return ExitCode.OK;
    }
}
