package norikae.agent.cli;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import norikae.agent.api.v1.VerifyVolumeReply;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.spec.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume verify}. */
@Command(
        name = "verify",
        description = {
            "Compare a copy with the primary's, block by block, while both are in use. Ctrl-C stops it.",
            "Ends with 1 if they differ and were not made equal."
        })
final class VolumeVerifyCommand extends ClusterAction {

    private static final Duration BETWEEN = Duration.ofMillis(300);

    @Parameters(index = "0", paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "NODE", description = "The node whose copy is compared.")
    private String node = "";

    @Option(names = "--repair", description = "Send what is not the same.")
    private boolean repair;

    VolumeVerifyCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) throws Exception {
        CompletableFuture<VerifyVolumeReply> result = new CompletableFuture<>();
        Thread.ofVirtual().name("verify").start(() -> {
            try {
                result.complete(client.verifyVolume(VerifyVolumeRequest.newBuilder()
                        .setName(name)
                        .setNode(node)
                        .setRepair(repair)
                        .build()));
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        Patience patience = new Patience();
        var unused = result.whenComplete((_, _) -> patience.interrupt());
        AtomicBoolean interrupted = new AtomicBoolean();
        try (VolumeGauge gauge = new VolumeGauge(this, "compared");
                Interrupts.Handle _ = context().interrupts().whileOpen(() -> stop(client, interrupted))) {
            while (!result.isDone()) {
                patience.waitFor(BETWEEN);
                if (!result.isDone()) {
                    gauge.show(VolumeText.copy(client.volumes(name).getVolumes(0), node));
                }
            }
        }
        return tell(result, interrupted.get());
    }

    private void stop(ControlClient client, AtomicBoolean interrupted) {
        interrupted.set(true);
        try {
            boolean stopped = client.stopVerifyVolume(name, node).getStopped();
            warn(stopped ? "interrupted; the comparison is stopped" : "interrupted; the comparison was over already");
        } catch (ControlException e) {
            warn("the comparison could not be stopped, and goes on to its end: " + e.getMessage());
        }
    }

    private ExitCode tell(CompletableFuture<VerifyVolumeReply> result, boolean interrupted) throws Exception {
        long differing;
        try {
            differing = result.get().getDifferingBytes();
        } catch (ExecutionException e) {
            if (interrupted) {
                return ExitCode.INTERRUPTED;
            }
            throw e.getCause() instanceof Exception why ? why : e;
        }
        if (json()) {
            printJson(Map.of("differingBytes", differing, "repaired", repair));
        } else if (differing == 0) {
            summary("the copies are the same");
        } else {
            summary(ByteSize.format(differing) + " were not the same" + (repair ? ", and are now" : ""));
        }
        return differing == 0 || repair ? ExitCode.OK : ExitCode.FAILURE;
    }
}
