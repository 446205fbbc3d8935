package norikae.agent.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import norikae.agent.api.v1.CheckGrowthRequest;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.DemoteVolumeRequest;
import norikae.agent.api.v1.HandOverVolumeRequest;
import norikae.agent.api.v1.ListVolumesRequest;
import norikae.agent.api.v1.PrepareCopyRequest;
import norikae.agent.api.v1.PromoteVolumeRequest;
import norikae.agent.api.v1.RemoveCopyRequest;
import norikae.agent.api.v1.RemoveVolumeReply;
import norikae.agent.api.v1.RemoveVolumeRequest;
import norikae.agent.api.v1.ReportVolumesRequest;
import norikae.agent.api.v1.ResizeVolumeRequest;
import norikae.agent.api.v1.ResyncVolumeRequest;
import norikae.agent.api.v1.StopVerifyVolumeReply;
import norikae.agent.api.v1.StopVerifyVolumeRequest;
import norikae.agent.api.v1.VerifyVolumeReply;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.agent.volume.VolumeKeeper;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MirrorOptions;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.failover.model.VolumeName;
import norikae.mirror.primary.PrimaryVolume;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators want of volumes. Thread-safe. */
final class VolumeControl {

    private static final Logger LOG = LoggerFactory.getLogger(VolumeControl.class);
    private static final Duration REMOVE_PATIENCE = Duration.ofSeconds(3);
    private static final Duration REMOVE_RETRY = Duration.ofMillis(200);
    private static final Duration COPY_PATIENCE = Duration.ofSeconds(30);
    private static final Duration REPORT_PATIENCE = Duration.ofMillis(800);

    private final NodeId self;
    private final LogWriter log;
    private final Peers peers;
    private final VolumeKeeper keeper;

    VolumeControl(NodeId self, LogWriter log, Peers peers, VolumeKeeper keeper) {
        this.self = self;
        this.log = log;
        this.peers = peers;
        this.keeper = keeper;
    }

    /** Copies first, then the log: a copy that nobody knows does no harm, one that is missing would. */
    VolumeStatus create(CreateVolumeRequest request) {
        VolumeName name = name(request.getName());
        SortedMap<NodeId, ReplicationMode> copies = new TreeMap<>();
        NodeId primary = node(request.getPrimary());
        copies.put(primary, ReplicationMode.SYNC);
        SortedMap<NodeId, String> shared = new TreeMap<>();
        share(shared, primary, request.getPrimaryShared());
        for (VolumeReplica replica : request.getReplicasList()) {
            if (copies.put(node(replica.getNode()), VolumeWords.mode(replica.getMode())) != null) {
                throw invalid("node " + replica.getNode() + " is named twice for volume " + name);
            }
            share(shared, node(replica.getNode()), replica.getShared());
        }
        UUID id = UUID.randomUUID();
        MirrorOptions mirror = request.hasMirror() ? VolumeWords.mirror(request.getMirror()) : null;
        Command creation = new Command.CreateVolume(
                name,
                id,
                request.getBytes(),
                primary,
                copies,
                mirror,
                shared.isEmpty() ? null : shared,
                System.currentTimeMillis());
        requireAcceptable(log.read(), creation);
        List<NodeId> made = new ArrayList<>();
        Set<String> madeOn = new HashSet<>();
        try {
            for (NodeId node : copies.keySet()) {
                var unused = peers.ask(node, COPY_PATIENCE)
                        .prepareCopy(PrepareCopyRequest.newBuilder()
                                .setName(name.value())
                                .setId(id.toString())
                                .setBytes(request.getBytes())
                                .setShared(shared.getOrDefault(node, ""))
                                .setMade(shared.containsKey(node) && !madeOn.add(shared.get(node)))
                                .build());
                made.add(node);
            }
            var unused = log.write(creation);
        } catch (StatusRuntimeException e) {
            made.forEach(node -> removeCopy(node, name, id, shared.get(node)));
            throw ApiException.from(e);
        } catch (ApiException e) {
            // Without an answer from the log it may yet be created: then its copies must be there.
            if (e.code() != Status.Code.UNAVAILABLE) {
                made.forEach(node -> removeCopy(node, name, id, shared.get(node)));
            }
            throw e;
        }
        return status(name);
    }

    private static void share(SortedMap<NodeId, String> shared, NodeId node, String storage) {
        if (!storage.isEmpty()) {
            shared.put(node, storage);
        }
    }

    /** What the log would refuse in any case is refused before anything is done for it. */
    private static void requireAcceptable(ClusterState state, Command command) {
        if (state.apply(command).outcome() instanceof Outcome.Refused refused) {
            throw ApiException.from(refused);
        }
    }

    VolumeList list(ListVolumesRequest request) {
        ClusterState state;
        boolean current = true;
        try {
            state = log.read();
        } catch (ApiException e) {
            state = log.log().latestKnown();
            current = false;
        }
        VolumeList.Builder list = VolumeList.newBuilder().setCurrent(current);
        Map<NodeId, Map<String, VolumeStatus>> told = new HashMap<>();
        for (Volume volume : state.volumes().values()) {
            if (request.getName().isEmpty()
                    || request.getName().equals(volume.name().value())) {
                VolumeStatus seen = volume.idles()
                        ? null
                        : told.computeIfAbsent(volume.primary(), this::reports)
                                .get(volume.name().value());
                list.addVolumes(VolumeWords.status(state, volume, Optional.ofNullable(seen)));
            }
        }
        if (!request.getName().isEmpty() && list.getVolumesCount() == 0) {
            throw new ApiException(
                    Status.Code.NOT_FOUND,
                    "there is no volume " + request.getName() + " in this cluster: it has "
                            + state.volumes().keySet());
        }
        return list.build();
    }

    private Map<String, VolumeStatus> reports(NodeId node) {
        Map<String, VolumeStatus> byName = new HashMap<>();
        try {
            peers.ask(node, REPORT_PATIENCE)
                    .reportVolumes(ReportVolumesRequest.getDefaultInstance())
                    .getVolumesList()
                    .forEach(v -> byName.put(v.getName(), v));
        } catch (StatusRuntimeException | ApiException e) {
            LOG.debug("node {} does not tell of its volumes: {}", node, e.getMessage());
        }
        return byName;
    }

    VolumeStatus promote(PromoteVolumeRequest request) {
        VolumeName name = name(request.getName());
        NodeId to = node(request.getTo());
        ClusterState state = log.read();
        Volume volume = require(state, name);
        if (volume.isWrittenBy(to)) {
            return status(name);
        }
        boolean stopped = volume.idles() || isFenced(state, volume.primary());
        // What the copy lacks now it may get at the hand-over; nothing is stopped for what the log refuses in any case.
        SortedSet<NodeId> complete = new TreeSet<>(Set.of(to));
        requireAcceptable(state, promotion(volume, to, !stopped, request.getAcceptLoss(), complete));
        complete = new TreeSet<>();
        if (!stopped) {
            boolean must = !volume.isWholeOn(to) && !request.getAcceptLoss();
            complete.addAll(handOver(volume, must ? holder(state, volume, to) : null));
        }
        var unused = afterHandOver(volume, promotion(volume, to, !stopped, request.getAcceptLoss(), complete));
        return status(name);
    }

    /** The node that gets the writes for the copy on {@code node}. */
    private static NodeId holder(ClusterState state, Volume volume, NodeId node) {
        return volume.copies().keySet().stream()
                .filter(other -> volume.isOneCopy(other, node))
                .filter(other -> volume.isHeldBy(other, stopped -> isFenced(state, stopped)))
                .findFirst()
                .orElse(node);
    }

    private static Command promotion(
            Volume volume, NodeId to, boolean handedOver, boolean losesWrites, SortedSet<NodeId> complete) {
        return new Command.PromoteVolume(
                volume.name(), volume.epoch(), to, handedOver, losesWrites, complete, System.currentTimeMillis());
    }

    private static boolean isFenced(ClusterState state, NodeId node) {
        return state.healthOf(node)
                .filter(h -> h.phase() == NodeHealth.Phase.FENCED)
                .isPresent();
    }

    /** The primary writes no more. What comes of it is told by {@link #afterHandOver}. */
    private List<NodeId> handOver(Volume volume, @Nullable NodeId mustHave) {
        try {
            return peers
                    .ask(volume.primary(), COPY_PATIENCE)
                    .handOverVolume(HandOverVolumeRequest.newBuilder()
                            .setName(volume.name().value())
                            .setEpoch(volume.epoch().value())
                            .setMustHave(mustHave == null ? "" : mustHave.value())
                            .build())
                    .getCompleteList()
                    .stream()
                    .map(NodeId::new)
                    .toList();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION) {
                throw ApiException.from(e); // it answers, and says why not
            }
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + volume.primary() + ", which writes volume " + volume.name() + ", did not hand it over ("
                            + ApiException.from(e).getMessage() + "): bring it back, or fence it");
        }
    }

    /** Where the log refuses, the primary need not wait until it goes on by itself. */
    private Epoch afterHandOver(Volume volume, Command command) {
        try {
            return log.write(command);
        } catch (ApiException e) {
            if (e.code() != Status.Code.UNAVAILABLE && volume.primary().equals(self)) {
                keeper.goOn(volume.name(), volume.epoch());
            }
            throw e;
        }
    }

    VolumeStatus demote(DemoteVolumeRequest request) {
        VolumeName name = name(request.getName());
        ClusterState state = log.read();
        Volume volume = require(state, name);
        if (volume.idles()) {
            return status(name);
        }
        requireAcceptable(state, demotion(volume, List.of()));
        if (isFenced(state, volume.primary())) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + volume.primary() + ", which wrote volume " + name
                            + " last, is fenced, and nobody writes it: promote another copy");
        }
        var unused = afterHandOver(volume, demotion(volume, handOver(volume, null)));
        return status(name);
    }

    private static Command demotion(Volume volume, List<NodeId> complete) {
        return new Command.DemoteVolume(
                volume.name(), volume.epoch(), new TreeSet<>(complete), System.currentTimeMillis());
    }

    /** Every node is asked before anything is done: a copy that cannot grow would never be joined again. */
    VolumeStatus resize(ResizeVolumeRequest request) {
        VolumeName name = name(request.getName());
        ClusterState state = log.read();
        Volume volume = require(state, name);
        Command resizing =
                new Command.ResizeVolume(name, volume.epoch(), request.getBytes(), System.currentTimeMillis());
        requireAcceptable(state, resizing);
        if (request.getBytes() == volume.bytes()) {
            return status(name);
        }
        for (NodeId node : volume.copies().keySet()) {
            requireRoom(volume, node, request.getBytes());
        }
        if (!volume.idles()) {
            var unused = handOver(volume, null); // clients are hung up on between two writes, and not within one
        }
        var unused = afterHandOver(volume, resizing);
        return status(name);
    }

    private void requireRoom(Volume volume, NodeId node, long bytes) {
        try {
            var unused = peers.ask(node, REPORT_PATIENCE)
                    .checkGrowth(CheckGrowthRequest.newBuilder()
                            .setName(volume.name().value())
                            .setId(volume.id().toString())
                            .setBytes(bytes)
                            .build());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION) {
                throw ApiException.from(e);
            }
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + node + ", which holds a copy of volume " + volume.name() + ", does not answer ("
                            + ApiException.from(e).getMessage() + "): bring it back before the volume is resized");
        }
    }

    VolumeStatus resync(ResyncVolumeRequest request) {
        VolumeName name = name(request.getName());
        Volume volume = requireWritten(log.read(), name);
        if (!volume.primary().equals(self)) {
            return peers.cluster(volume.primary()).resyncVolume(request);
        }
        UUID discard = null;
        if (!request.getDiscard().isEmpty()) {
            try {
                discard = UUID.fromString(request.getDiscard());
            } catch (IllegalArgumentException e) {
                throw invalid("'" + request.getDiscard()
                        + "' is no generation: take it from the reason that 'norikae volume status' gives");
            }
        }
        try {
            open(volume).resync(node(request.getNode()), discard);
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
        return status(name);
    }

    VerifyVolumeReply verify(VerifyVolumeRequest request) {
        Volume volume = requireWritten(log.read(), name(request.getName()));
        if (!volume.primary().equals(self)) {
            return peers.cluster(volume.primary()).verifyVolume(request);
        }
        try {
            long differing = open(volume)
                    .verify(node(request.getNode()), request.getRepair())
                    .get();
            return VerifyVolumeReply.newBuilder().setDifferingBytes(differing).build();
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        } catch (ExecutionException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(why.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
        }
    }

    StopVerifyVolumeReply stopVerify(StopVerifyVolumeRequest request) {
        Volume volume = requireWritten(log.read(), name(request.getName()));
        if (!volume.primary().equals(self)) {
            return peers.cluster(volume.primary()).stopVerifyVolume(request);
        }
        try {
            boolean stopped = open(volume).stopVerify(node(request.getNode()));
            return StopVerifyVolumeReply.newBuilder().setStopped(stopped).build();
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    private PrimaryVolume open(Volume volume) {
        return keeper.written(volume.name(), volume.epoch())
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "volume " + volume.name() + " is not open on node " + self + " yet: see its agent's log"));
    }

    /** The log first: from then on nobody opens the copies, and they can go. */
    RemoveVolumeReply remove(RemoveVolumeRequest request) {
        VolumeName name = name(request.getName());
        Volume volume = require(log.read(), name);
        var unused = log.write(new Command.RemoveVolume(name, volume.epoch(), System.currentTimeMillis()));
        RemoveVolumeReply.Builder reply = RemoveVolumeReply.newBuilder();
        // Whoever has a shared copy open first: the others cannot open it to see that it is this one.
        List<NodeId> nodes = volume.copies().keySet().stream()
                .sorted(Comparator.comparing((NodeId node) -> !node.equals(volume.primary())))
                .toList();
        for (NodeId node : nodes) {
            VolumeCopy copy = volume.copyOn(node);
            if (!removeCopy(node, name, volume.id(), copy == null ? null : copy.shared())) {
                reply.addLeftOn(node.value());
            }
        }
        return reply.build();
    }

    private boolean removeCopy(NodeId node, VolumeName name, UUID id, @Nullable String shared) {
        RemoveCopyRequest request = RemoveCopyRequest.newBuilder()
                .setName(name.value())
                .setId(id.toString())
                .setShared(shared == null ? "" : shared)
                .build();
        long deadline = System.nanoTime() + REMOVE_PATIENCE.toNanos();
        while (true) {
            try {
                var unused = peers.ask(node, COPY_PATIENCE).removeCopy(request);
                return true;
            } catch (StatusRuntimeException | ApiException e) {
                boolean starting = e instanceof StatusRuntimeException status
                        && status.getStatus().getCode() == Status.Code.UNAVAILABLE; // its agent may be on its way up
                if (!starting || System.nanoTime() - deadline > 0 || !pause()) {
                    LOG.warn("the copy of volume {} stays on {}: {}", name, node, e.getMessage());
                    return false;
                }
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(REMOVE_RETRY);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private VolumeStatus status(VolumeName name) {
        return list(ListVolumesRequest.newBuilder().setName(name.value()).build())
                .getVolumes(0);
    }

    static Volume require(ClusterState state, VolumeName name) {
        return state.volume(name)
                .orElseThrow(() -> new ApiException(
                        Status.Code.NOT_FOUND,
                        "there is no volume " + name + " in this cluster: it has "
                                + state.volumes().keySet()));
    }

    private static Volume requireWritten(ClusterState state, VolumeName name) {
        Volume volume = require(state, name);
        if (volume.idles()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "volume " + name + " is idle, and nobody looks after its copies: promote one first");
        }
        return volume;
    }

    static VolumeName name(String text) {
        try {
            return new VolumeName(text);
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    private static NodeId node(String text) {
        try {
            return new NodeId(text);
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    static ApiException invalid(String why) {
        return new ApiException(Status.Code.INVALID_ARGUMENT, why);
    }
}
