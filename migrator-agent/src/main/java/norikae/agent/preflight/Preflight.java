package norikae.agent.preflight;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.CheckTargetRequest;
import norikae.agent.api.v1.Finding;
import norikae.agent.capsule.Capsule;
import norikae.agent.criu.CriuBinary;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.Peers;
import norikae.failover.log.ClusterLog;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeMount;
import norikae.linux.CpuFeatures;
import norikae.linux.KernelFeatures;

/** Pre-flight: source and target compare what the service needs. Touches nothing. Thread-safe. */
public final class Preflight {

    /** Reading the build-ids of a JVM's libraries from a cold disk takes a moment. */
    private static final Duration TARGET_PATIENCE = Duration.ofSeconds(10);

    private final NodeId self;
    private final CriuBinary criu;
    private final ClusterLog log;
    private final CpuFeatures cpu;
    private final KernelFeatures kernel;

    public Preflight(NodeId self, CriuBinary criu, ClusterLog log) throws IOException {
        this.self = self;
        this.log = log;
        this.criu = criu;
        this.cpu = CpuFeatures.ofThisMachine();
        this.kernel = KernelFeatures.probe();
    }

    /** Both sides' findings on moving {@code capsule} from here to {@code to}. */
    public CheckReport check(Capsule capsule, NodeId from, NodeId to, Peers peers) {
        Findings findings = new Findings();
        Needs needs;
        try {
            needs = inspect(capsule, findings);
        } catch (IOException e) {
            throw new ApiException(
                    Status.Code.INTERNAL,
                    "service " + capsule.service() + " cannot be inspected: " + e.getMessage(),
                    e);
        }
        volumes(capsule.spec(), to, findings);
        List<Finding> all = new ArrayList<>(findings.list());
        try {
            all.addAll(peers.ask(to, TARGET_PATIENCE)
                    .checkTarget(CheckTargetRequest.newBuilder()
                            .setService(capsule.service().value())
                            .setFrom(from.value())
                            .setNeeds(com.google.protobuf.ByteString.copyFrom(needs.toJson()))
                            .build())
                    .getFindingsList());
        } catch (StatusRuntimeException e) {
            Findings unreachable = new Findings();
            unreachable.blocker(
                    "target-unreachable",
                    "the agent of node " + to + " does not answer: "
                            + ApiException.from(e).getMessage(),
                    "nothing can be moved to it",
                    "look at 'norikae node list', and start norikaed there");
            all.addAll(unreachable.list());
        }
        all.sort((a, b) -> b.getSeverity().compareTo(a.getSeverity()));
        return CheckReport.newBuilder()
                .setService(capsule.service().value())
                .setFrom(from.value())
                .setTo(to.value())
                .addAllFindings(all)
                .setMovable(all.stream().noneMatch(f -> f.getSeverity() == Finding.Severity.BLOCKER))
                .setMemoryBytes(needs.memoryBytes())
                .build();
    }

    /** What this node, as the target, finds against a service that needs {@code request}. */
    public CheckReport judgeHere(CheckTargetRequest request) {
        Needs needs = Needs.fromJson(request.getNeeds().toByteArray());
        try {
            TargetJudgement.Node here = new TargetJudgement.Node(
                    self.value(),
                    cpu.flags(),
                    cpu.model(),
                    kernel.release(),
                    kernel.missing(),
                    criu.version().toString(),
                    MemoryBudget.availableBytes(),
                    userExists(needs.user()),
                    KernelFeatures.bootId());
            return CheckReport.newBuilder()
                    .addAllFindings(TargetJudgement.of(needs, here))
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException("this node cannot be inspected", e);
        }
    }

    private Needs inspect(Capsule capsule, Findings findings) throws IOException {
        TreeInspection tree = new TreeInspection(capsule.cgroup().procs(), capsule.logPath(), findings);
        tree.inspect();
        return new Needs(
                capsule.service().value(),
                cpu.flags(),
                cpu.model(),
                kernel.release(),
                criu.version().toString(),
                KernelFeatures.bootId(),
                tree.residentBytes(),
                capsule.spec().user(),
                capsule.spec().address().ip(),
                tree.files().stream()
                        .filter(file -> !isOnVolume(capsule.spec(), file.path()))
                        .toList());
    }

    private void volumes(ServiceSpec spec, NodeId to, Findings findings) {
        ClusterState state = log.latestKnown();
        for (VolumeMount mount : spec.volumesOrNone()) {
            Optional<Volume> volume = state.volume(mount.volume());
            if (volume.isEmpty() || volume.get().copyOn(to) == null) {
                findings.blocker(
                        "volume-missing",
                        "node " + to + " has no copy of volume " + mount.volume(),
                        "the service would not find its data on " + mount.path() + " there",
                        "move to a node that has one: "
                                + volume.map(v -> v.copies().keySet().toString())
                                        .orElse("there is no such volume"));
            } else if (volume.get().sharesWithPrimary(to)) {
                findings.blocker(
                        "volume-shared",
                        "volume " + mount.volume() + " lies on a storage that " + self + " and " + to + " share",
                        "a running service cannot be moved within it: " + to
                                + " would have to read the volume while it is written",
                        "stop the service, 'norikae volume promote " + mount.volume() + " --to " + to
                                + "', and run it there");
            } else if (!volume.get().isWholeOn(to)) {
                findings.blocker(
                        "volume-behind",
                        "the copy of volume " + mount.volume() + " on " + to + " lacks acknowledged writes",
                        "the service would find an earlier state of its data on " + mount.path() + " there",
                        "wait for its resync, see 'norikae volume status " + mount.volume()
                                + "'; an asynchronous copy is" + " never waited for");
            }
        }
    }

    /** What is on a volume goes where the volume goes. */
    private static boolean isOnVolume(ServiceSpec spec, String path) {
        return spec.volumesOrNone().stream().anyMatch(mount -> Path.of(path).startsWith(mount.path()));
    }

    private static boolean userExists(String user) throws IOException {
        return Files.readAllLines(Path.of("/etc/passwd")).stream().anyMatch(line -> line.startsWith(user + ":"));
    }
}
