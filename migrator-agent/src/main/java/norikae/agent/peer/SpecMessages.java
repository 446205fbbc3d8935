package norikae.agent.peer;

import io.grpc.Status;
import java.util.List;
import java.util.TreeMap;
import norikae.agent.api.v1.Member;
import norikae.failover.model.Limits;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.VolumeMount;
import norikae.failover.model.VolumeName;

/** The model's records as API messages and back; what comes in is checked by the records themselves. */
public final class SpecMessages {

    private SpecMessages() {}

    public static norikae.agent.api.v1.ServiceSpec toMessage(ServiceSpec spec) {
        Limits limits = spec.limits();
        var message = norikae.agent.api.v1.ServiceSpec.newBuilder()
                .setName(spec.name().value())
                .addAllCommand(spec.command())
                .setAddress(spec.address().toString())
                .putAllEnvironment(spec.environment())
                .setUser(spec.user())
                .setWorkingDirectory(spec.workingDirectory());
        if (limits.memoryBytes() != null) {
            message.setMemoryBytes(limits.memoryBytes());
        }
        if (limits.cpus() != null) {
            message.setCpus(limits.cpus());
        }
        if (limits.processes() != null) {
            message.setProcesses(limits.processes());
        }
        if (limits.openFiles() != null) {
            message.setOpenFiles(limits.openFiles());
        }
        if (spec.node() != null) {
            message.setNode(spec.node().value());
        }
        if (spec.policy() != null) {
            message.setPolicy(PolicyMessages.toMessage(spec.policy()));
        }
        if (spec.monitors() != null) {
            spec.monitors().forEach(monitor -> message.addMonitors(MonitorMessages.toMessage(monitor)));
        }
        if (spec.ocf() != null) {
            message.setOcf(norikae.agent.api.v1.OcfResource.newBuilder()
                    .setProvider(spec.ocf().provider())
                    .setType(spec.ocf().type())
                    .putAllParameters(spec.ocf().parameters()));
        }
        spec.volumesOrNone()
                .forEach(mount -> message.addVolumes(norikae.agent.api.v1.VolumeMount.newBuilder()
                        .setVolume(mount.volume().value())
                        .setPath(mount.path())));
        return message.setHybridMoves(spec.hybridMoves()).build();
    }

    /** @throws ApiException INVALID_ARGUMENT naming the field */
    public static ServiceSpec fromMessage(norikae.agent.api.v1.ServiceSpec message) {
        try {
            return new ServiceSpec(
                    new ServiceName(message.getName()),
                    message.getCommandList(),
                    ServiceAddress.parse(message.getAddress()),
                    new TreeMap<>(message.getEnvironmentMap()),
                    message.getUser().isEmpty() ? "root" : message.getUser(),
                    message.getWorkingDirectory().isEmpty() ? "/" : message.getWorkingDirectory(),
                    new Limits(
                            message.getMemoryBytes() == 0 ? null : message.getMemoryBytes(),
                            message.getCpus() == 0 ? null : message.getCpus(),
                            message.getProcesses() == 0 ? null : message.getProcesses(),
                            message.getOpenFiles() == 0 ? null : message.getOpenFiles()),
                    message.getNode().isEmpty() ? null : new NodeId(message.getNode()),
                    message.getHybridMoves() ? true : null,
                    message.hasPolicy() ? PolicyMessages.fromMessage(message.getPolicy()) : null,
                    message.getMonitorsList().stream()
                            .map(MonitorMessages::fromMessage)
                            .toList(),
                    message.hasOcf() ? ocf(message.getOcf()) : null,
                    message.getVolumesList().stream()
                            .map(mount -> new VolumeMount(new VolumeName(mount.getVolume()), mount.getPath()))
                            .toList());
        } catch (IllegalArgumentException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, "service spec: " + e.getMessage(), e);
        }
    }

    private static OcfResource ocf(norikae.agent.api.v1.OcfResource message) {
        return new OcfResource(message.getProvider(), message.getType(), new TreeMap<>(message.getParametersMap()));
    }

    public static Member toMessage(NodeRecord node) {
        return Member.newBuilder()
                .setName(node.id().value())
                .setAddress(node.address())
                .setControlPort(node.controlPort())
                .setDataPort(node.dataPort())
                .setRaftPort(node.raftPort())
                .setWitness(node.witness())
                .addAllPaths(node.paths() == null ? List.of() : node.paths())
                .setMirrorPort(node.mirrorPort())
                .build();
    }

    /** @throws ApiException INVALID_ARGUMENT naming the field */
    public static NodeRecord fromMessage(Member member) {
        try {
            return new NodeRecord(
                    new NodeId(member.getName()),
                    ServiceAddress.parse(member.getAddress()).ip(),
                    member.getControlPort(),
                    member.getDataPort(),
                    member.getRaftPort(),
                    member.getWitness(),
                    member.getPathsList().stream()
                            .map(path -> ServiceAddress.parse(path).ip())
                            .toList(),
                    member.getMirrorPort() == 0 ? null : member.getMirrorPort());
        } catch (IllegalArgumentException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, "member: " + e.getMessage(), e);
        }
    }
}
