package norikae.agent.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.MirrorSettings;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume create}. */
@Command(
        name = "create",
        description = {
            "Make a volume, empty, with a copy on each node that is named.",
            "For example: norikae volume create pgdata 20GiB --on node-a --replica node-b --replica node-c:async",
            "With one copy that node-a and node-b reach both: norikae volume create pgdata 20GiB --on node-a"
                    + " --shared san1=node-a,node-b --replica node-c:async"
        })
final class VolumeCreateCommand extends ClusterAction {

    @Parameters(index = "0", paramLabel = "NAME", description = "The name of the new volume.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "SIZE", description = "Its size, such as 20GiB.")
    private String size = "";

    @Option(names = "--on", required = true, paramLabel = "NODE", description = "The node that writes it first.")
    private String primary = "";

    @Option(
            names = "--replica",
            paramLabel = "NODE[:MODE]",
            description =
                    "A node that holds a copy, and when a write is acknowledged: sync (when it is written there, too; if"
                            + " left out), semi-sync (when it is in memory there), async (at once). May be given several times.")
    private List<String> replicas = List.of();

    @Option(
            names = "--shared",
            paramLabel = "STORAGE=NODE,NODE",
            description =
                    "These nodes have one copy between them, on a storage that their node.json names. One of them at a time"
                            + " has it open. May be given several times.")
    private Map<String, String> shared = Map.of();

    @Mixin
    private final MirrorChoice mirror = new MirrorChoice();

    VolumeCreateCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        CreateVolumeRequest.Builder request =
                CreateVolumeRequest.newBuilder().setName(name).setPrimary(primary);
        request.setBytes(VolumeSizes.bytes("SIZE", size));
        MirrorSettings settings = mirror.settings();
        if (settings != null) {
            request.setMirror(settings);
        }
        Map<String, String> storages = storages();
        request.setPrimaryShared(storages.getOrDefault(primary, ""));
        Map<String, ReplicationMode> modes = new LinkedHashMap<>();
        for (String replica : replicas) {
            int colon = replica.indexOf(':');
            String node = colon < 0 ? replica : replica.substring(0, colon);
            if (modes.put(node, mode(colon < 0 ? "sync" : replica.substring(colon + 1))) != null) {
                throw new CliException(ExitCode.USAGE, "--replica: node '" + node + "' is named twice");
            }
        }
        storages.forEach((node, storage) -> {
            if (!node.equals(primary)) {
                modes.putIfAbsent(node, modeOnStorage(modes, storages, storage));
            }
        });
        modes.forEach((node, mode) -> request.addReplicas(
                VolumeReplica.newBuilder().setNode(node).setMode(mode).setShared(storages.getOrDefault(node, ""))));
        VolumeStatus made = client.createVolume(request.build());
        if (json()) {
            printJson(made);
        } else {
            summary("volume " + name + " is written by " + made.getPrimary() + "; 'norikae volume status " + name
                    + "' tells when its replicas have it");
        }
        return ExitCode.OK;
    }

    /** The storage of each node that has a copy on one. */
    private Map<String, String> storages() {
        Map<String, String> storages = new LinkedHashMap<>();
        shared.forEach((storage, nodes) -> {
            List<String> names = List.of(nodes.split(",", -1));
            if (names.size() < 2) {
                throw new CliException(
                        ExitCode.USAGE,
                        "--shared " + storage + "=" + nodes + " names one node: name all that reach the copy, such as "
                                + storage + "=" + nodes + ",node-b");
            }
            for (String node : names) {
                if (storages.put(node, storage) != null) {
                    throw new CliException(ExitCode.USAGE, "--shared: node '" + node + "' is named twice");
                }
            }
        });
        return storages;
    }

    /** A node that has a copy together with another gets it as that one does. */
    private static ReplicationMode modeOnStorage(
            Map<String, ReplicationMode> modes, Map<String, String> storages, String storage) {
        return modes.entrySet().stream()
                .filter(other -> storage.equals(storages.get(other.getKey())))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(ReplicationMode.REPLICATION_MODE_SYNC);
    }

    private static ReplicationMode mode(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "sync" -> ReplicationMode.REPLICATION_MODE_SYNC;
            case "semi-sync" -> ReplicationMode.REPLICATION_MODE_SEMI_SYNC;
            case "async" -> ReplicationMode.REPLICATION_MODE_ASYNC;
            default ->
                throw new CliException(
                        ExitCode.USAGE, "--replica: '" + word + "' is no mode: write sync, semi-sync or async");
        };
    }
}
