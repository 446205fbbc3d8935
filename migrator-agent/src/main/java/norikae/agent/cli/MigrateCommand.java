package norikae.agent.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.HeapTrim;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.ServiceStatus;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.spec.ByteSize;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae migrate}. */
@Command(
        name = "migrate",
        description = {
            "Move a running service to another node, with its clients' connections.",
            "Ctrl-C ends a move that has not committed; the service then goes on where it was."
        })
final class MigrateCommand extends ClusterAction {

    private static final Duration SIGHT_LOST_PATIENCE = Duration.ofSeconds(60);
    private static final Duration SIGHT_LOST_POLL = Duration.ofMillis(300);

    private static final Pattern TIME = Pattern.compile("(\\d{1,6})(ms|s)");

    @Parameters(paramLabel = "SERVICE", description = "The service to move.")
    private String service = "";

    @Option(names = "--to", paramLabel = "NODE", description = "Where to; the cluster chooses if left out.")
    private @Nullable String to;

    @Option(names = "--dry-run", description = "Only check what stands against the move, like norikae check.")
    private boolean dryRun;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description =
                    "How memory travels: auto (the default: pre-copy where it can be), stop (while the service stands"
                            + " still), pre-copy (while it runs; given up if the pause would become too long), hybrid"
                            + " (after it runs on the target; only where its spec allows that).")
    private @Nullable String mode;

    @Option(
            names = "--max-pause",
            paramLabel = "TIME",
            description = "How long the service may stand still, such as 100ms or 2s; 250ms if left out.")
    private @Nullable String maxPause;

    @Option(
            names = "--bandwidth",
            paramLabel = "SIZE",
            description = "How much may leave per second while the service runs, such as 50MiB; all if left out.")
    private @Nullable String bandwidth;

    @Option(names = "--max-rounds", paramLabel = "N", description = "Rounds of pre-copy at most; 30 if left out.")
    private int maxRounds;

    @Option(
            names = "--trim",
            paramLabel = "HOW",
            description =
                    "Whether free heap of JVMs is left out: auto (the default: always where that costs nothing, by a"
                            + " garbage collection where that fits into --max-pause), gc (collect in any case), off.")
    private @Nullable String trim;

    MigrateCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) throws InterruptedException {
        if (dryRun) {
            return CheckCommand.report(this, client.check(service, to));
        }
        MoveRun run = new MoveRun(client, client.migrate(request()), MoveProgresses.of(this), context());
        try {
            run.follow();
        } catch (ControlException e) {
            if (e.kind() != ControlException.Kind.UNREACHABLE || run.lost().isEmpty()) {
                return refused(run, e);
            }
            warn("lost sight of the move: " + e.getMessage() + "; asking the other members");
        }
        if (run.lost().isEmpty()) {
            return run.exitCode();
        }
        return whereIsIt(client, run.lost().getLast(), run.interrupted());
    }

    private MoveRequest request() {
        MoveRequest.Builder request =
                MoveRequest.newBuilder().setService(service).setTo(to == null ? "" : to);
        if (mode != null) {
            request.setMode(
                    switch (mode) {
                        case "auto" -> MemoryMode.AUTO;
                        case "stop" -> MemoryMode.STOP;
                        case "pre-copy" -> MemoryMode.PRE_COPY;
                        case "hybrid" -> MemoryMode.HYBRID;
                        default -> throw usage("--mode " + mode + " is not known: use auto, stop, pre-copy or hybrid");
                    });
        }
        if (maxPause != null) {
            Matcher time = TIME.matcher(maxPause);
            if (!time.matches()) {
                throw usage("--max-pause " + maxPause + " is not a time: write 100ms or 2s");
            }
            int unit = time.group(2).equals("s") ? 1_000 : 1;
            int millis = Integer.parseInt(time.group(1)) * unit;
            if (millis == 0) {
                throw usage("--max-pause " + maxPause
                        + ": no move is without a pause; write 1ms for the shortest there is");
            }
            request.setMaxPauseMillis(millis);
        }
        if (bandwidth != null) {
            try {
                request.setBandwidth(ByteSize.parse(bandwidth));
            } catch (IllegalArgumentException e) {
                throw usage("--bandwidth " + e.getMessage());
            }
        }
        if (trim != null) {
            request.setTrim(
                    switch (trim) {
                        case "auto" -> HeapTrim.TRIM_AUTO;
                        case "gc" -> HeapTrim.TRIM_GC;
                        case "off" -> HeapTrim.TRIM_OFF;
                        default -> throw usage("--trim " + trim + " is not known: use auto, gc or off");
                    });
        }
        if (maxRounds < 0) {
            throw usage("--max-rounds " + maxRounds + ": write 1 or more");
        }
        return request.setMaxRounds(maxRounds).build();
    }

    private static CliException usage(String what) {
        return new CliException(ExitCode.USAGE, what);
    }

    /** A move whose end was told as an error too, or a refusal before it began. */
    private static ExitCode refused(MoveRun run, ControlException e) {
        if (run.ended().isEmpty() || e.kind() == ControlException.Kind.FAILED) {
            if (run.interrupted() && e.kind() == ControlException.Kind.ABORTED) {
                return ExitCode.INTERRUPTED;
            }
            throw e;
        }
        return run.exitCode();
    }

    /** The log knows how a move ended even if the node that led it is gone. */
    private ExitCode whereIsIt(ControlClient client, MoveUpdate last, boolean interrupted) throws InterruptedException {
        long deadline = System.nanoTime() + SIGHT_LOST_PATIENCE.toNanos();
        ControlException failure = null;
        while (System.nanoTime() < deadline) {
            try {
                ServiceStatus now = find(client.status(service));
                if (now == null) {
                    throw new CliException(ExitCode.NOT_FOUND, "service " + service + " is gone");
                }
                if (!now.getMoveId().equals(last.getMoveId())) {
                    return ended(last, now, interrupted);
                }
            } catch (ControlException e) {
                failure = e;
            }
            Thread.sleep(SIGHT_LOST_POLL);
        }
        throw new CliException(
                ExitCode.UNREACHABLE,
                "how the move of " + service + " ended is not known"
                        + (failure == null ? ": it is still in flight" : ": " + failure.getMessage()),
                "norikae status " + service + " tells when the cluster answers");
    }

    private @Nullable ServiceStatus find(ClusterStatus status) {
        return status.getServicesList().stream()
                .filter(s -> s.getName().equals(service))
                .findFirst()
                .orElse(null);
    }

    private ExitCode ended(MoveUpdate last, ServiceStatus now, boolean interrupted) {
        boolean moved = now.getNode().equals(last.getTo());
        if (json()) {
            printJson(now);
        } else if (moved) {
            summary("moved " + service + " from " + last.getFrom() + " to " + last.getTo()
                    + "; norikae events has the times");
        } else {
            print("did not move " + service + "; it is on " + now.getNode() + " (" + now.getPhase() + ")");
        }
        if (moved) {
            return ExitCode.OK;
        }
        return interrupted ? ExitCode.INTERRUPTED : ExitCode.ABORTED;
    }
}
