package norikae.agent.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.Checks;
import norikae.agent.config.SharedStorageConfig;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.VolumeCopy;
import picocli.CommandLine.Option;

/** What a node must be told about itself. */
final class NodeOptions {

    @Option(names = "--node", required = true, paramLabel = "NAME", description = "The name of this node.")
    private String node = "";

    @Option(
            names = "--address",
            required = true,
            paramLabel = "IP",
            description = "The IPv4 address of this node at which the others reach it.")
    private String address = "";

    @Option(
            names = "--path",
            paramLabel = "IP",
            description = "A further IPv4 address of this node, on another network that heartbeats shall take too; the"
                    + " order of networks must be the same on all nodes. May be given several times.")
    private List<String> paths = List.of();

    @Option(
            names = "--shared-disk",
            paramLabel = "DISK",
            description =
                    "A disk that all servers see, made ready with 'norikae node prepare-disk', over which heartbeats"
                            + " shall go, too. May be given several times.")
    private List<String> sharedDisks = List.of();

    @Option(
            names = "--shared-storage",
            paramLabel = "NAME=DIRECTORY",
            description =
                    "A file system that other nodes reach as well, for copies of volumes; its name is the same on all"
                            + " of them. May be given several times.")
    private Map<String, String> sharedStorage = Map.of();

    @Option(
            names = "--bridge",
            paramLabel = "NAME",
            defaultValue = AgentConfig.BRIDGE_DEFAULT,
            description = "The network bridge for the links of services (default: ${DEFAULT-VALUE}).")
    private String bridge = AgentConfig.BRIDGE_DEFAULT;

    @Option(
            names = "--control-port",
            paramLabel = "PORT",
            defaultValue = "" + AgentConfig.CONTROL_PORT_DEFAULT,
            description = "For commands and the other agents (default: ${DEFAULT-VALUE}).")
    private int controlPort;

    @Option(
            names = "--data-port",
            paramLabel = "PORT",
            defaultValue = "" + AgentConfig.DATA_PORT_DEFAULT,
            description = "For the memory of moving services (default: ${DEFAULT-VALUE}).")
    private int dataPort;

    @Option(
            names = "--raft-port",
            paramLabel = "PORT",
            defaultValue = "" + AgentConfig.RAFT_PORT_DEFAULT,
            description = "For the replicated log (default: ${DEFAULT-VALUE}).")
    private int raftPort;

    @Option(
            names = "--mirror-port",
            paramLabel = "PORT",
            defaultValue = "" + NodeRecord.MIRROR_PORT_DEFAULT,
            description = "For the copies of mirrored volumes (default: ${DEFAULT-VALUE}).")
    private int mirrorPort;

    /** The configuration that these options make; the cluster and the members come later. */
    AgentConfig config(String cluster, boolean witness, boolean bootstrap) {
        AgentConfig config = AgentConfig.of(
                checked("--cluster", cluster, Checks::clusterName),
                checked("--node", node, Checks::nodeName),
                checked("--address", address, Checks::host),
                checked("--bridge", bridge, Checks::networkInterface),
                witness,
                bootstrap);
        requirePort("--control-port", controlPort);
        requirePort("--data-port", dataPort);
        requirePort("--raft-port", raftPort);
        requirePort("--mirror-port", mirrorPort);
        if (Set.copyOf(List.of(controlPort, dataPort, raftPort, mirrorPort)).size() < 4) {
            throw new CliException(
                    ExitCode.USAGE,
                    "--control-port, --data-port, --raft-port and --mirror-port must differ from each other");
        }
        List<String> checkedPaths = paths.stream()
                .map(path -> checked("--path", path, Checks::host))
                .toList();
        List<Path> checkedDisks = sharedDisks.stream()
                .map(disk -> checked("--shared-disk", disk, Checks::absolutePath))
                .toList();
        return config.withPorts(controlPort, dataPort, raftPort, mirrorPort)
                .withPaths(checkedPaths)
                .withHeartbeatDisks(checkedDisks)
                .withStorage(storage());
    }

    private SharedStorageConfig storage() {
        Map<String, Path> directories = new TreeMap<>();
        sharedStorage.forEach((name, directory) -> directories.put(
                checked("--shared-storage", name, VolumeCopy::checkShared),
                checked("--shared-storage", directory, Checks::absolutePath)));
        return new SharedStorageConfig(directories);
    }

    private static <T> T checked(String option, String value, Function<String, T> check) {
        try {
            return check.apply(value);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, option + ": " + e.getMessage());
        }
    }

    private static void requirePort(String option, int port) {
        if (port < 1 || port > 65535) {
            throw new CliException(ExitCode.USAGE, option + " " + port + " is out of range: use 1 to 65535");
        }
    }
}
