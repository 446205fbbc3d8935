package norikae.agent.cli;

import java.time.Duration;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.ResyncVolumeRequest;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume resync}. */
@Command(
        name = "resync",
        description = {
            "Join a copy again that was refused: after a split brain, or after somebody has mended its disk.",
            "Copies that were only away join by themselves. Shows how far it is until the copy has everything; Ctrl-C ends"
                    + " the watching, and not the resync."
        })
final class VolumeResyncCommand extends ClusterAction {

    /** A refusal that stays so long is the answer, and not the state before. */
    private static final Duration ANSWER = Duration.ofSeconds(3);

    private static final Duration BETWEEN = Duration.ofMillis(300);

    @Parameters(index = "0", paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "NODE", description = "The node whose copy is to be made equal again.")
    private String node = "";

    @Option(
            names = "--discard",
            paramLabel = "GENERATION",
            defaultValue = "",
            description =
                    "The copy's own newest generation, as 'volume status' names it: what was written there is lost.")
    private String discard = "";

    @Option(names = "--no-wait", description = "Return as soon as the primary has been asked.")
    private boolean noWait;

    VolumeResyncCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) throws InterruptedException {
        VolumeStatus status = client.resyncVolume(ResyncVolumeRequest.newBuilder()
                .setName(name)
                .setNode(node)
                .setDiscard(discard)
                .build());
        if (!noWait) {
            return follow(client, status);
        }
        if (json()) {
            printJson(status);
        } else {
            VolumeText.status(status).forEach(this::print);
        }
        return ExitCode.OK;
    }

    private ExitCode follow(ControlClient client, VolumeStatus begun) throws InterruptedException {
        Patience patience = new Patience();
        long asked = System.nanoTime();
        try (VolumeGauge gauge = new VolumeGauge(this, "resync");
                Interrupts.Handle _ = context().interrupts().whileOpen(patience::interrupt)) {
            VolumeStatus now = begun;
            while (true) {
                CopyStatus copy = VolumeText.copy(now, node);
                gauge.show(copy);
                if (copy.getState().equals("STREAMING")) {
                    break;
                }
                if (now.getEpoch() != begun.getEpoch()) {
                    throw new CliException(
                            ExitCode.PRECONDITION,
                            "volume " + name + " has another primary now: its copies join that by themselves");
                }
                if (copy.getState().equals("REFUSED") && System.nanoTime() - asked > ANSWER.toNanos()) {
                    throw new CliException(
                            ExitCode.PRECONDITION, "the copy on " + node + " is refused: " + copy.getReason());
                }
                patience.waitFor(BETWEEN);
                if (patience.interrupted()) {
                    warn("interrupted; the resync goes on, and 'norikae volume status " + name
                            + "' tells how far it is");
                    return ExitCode.INTERRUPTED;
                }
                now = client.volumes(name).getVolumes(0);
            }
        }
        summary("the copy of volume " + name + " on " + node + " has everything");
        return ExitCode.OK;
    }
}
