package norikae.agent.volume;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import norikae.agent.failover.LogDesk;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.Outcome;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.failover.model.VolumeName;
import norikae.mirror.PeerCheck;
import norikae.mirror.SwitchedDevice;
import norikae.mirror.nbd.NbdExport;
import norikae.mirror.nbd.NbdServer;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaSpec;
import norikae.mirror.primary.ReplicaStatus;
import norikae.mirror.primary.VolumeOptions;
import norikae.mirror.replica.ReplicaServer;
import norikae.mirror.replica.ReplicaVolume;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this node's copies of volumes open in the role that the log gives them: as the primary, for NBD clients of this machine, or
 * as a replica, for the primary. Whoever was a primary and is none any more stops writing first. Thread-safe.
 */
public final class VolumeKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(VolumeKeeper.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
    private static final Duration SILENCE = Duration.ofSeconds(3);
    private static final Duration HAND_OVER_PATIENCE = Duration.ofSeconds(10);
    private static final Duration HANDED_OVER = Duration.ofSeconds(20);
    private static final long COMPLAIN_MILLIS = 10_000;
    private static final long OPENING_GLANCE_MILLIS = 2;

    private sealed interface Held {
        record Written(PrimaryVolume volume, Epoch epoch, SwitchedDevice device) implements Held {}

        record Followed(ReplicaVolume volume) implements Held {}

        record Promised(PromisedVolume volume) implements Held {}
    }

    /** Until when a volume is not opened again under this epoch: whoever asked for it has the log name another primary. */
    private record HandedOver(Epoch epoch, long untilNanos) {}

    private final NodeId self;
    private final ReplicatedLog log;
    private final LogDesk desk;
    private final LocalCopies copies;
    private final Path promises;
    private final Path socket;
    private final PeerCheck peersForPrimaries;
    private final CopyReports reports;
    private final ReplicaServer replicas;
    private final NbdServer exports;
    private final Map<VolumeName, Held> held = new ConcurrentHashMap<>();
    /** Those that the log has forgotten: a look that began before must not open them again while they are deleted. */
    private final Set<UUID> removed = ConcurrentHashMap.newKeySet();

    private final Map<VolumeName, HandedOver> handedOver = new ConcurrentHashMap<>();
    private final Map<VolumeName, Long> complainedMillis = new HashMap<>();
    private final Map<VolumeName, String> complaints = new ConcurrentHashMap<>();
    private final RefusedCopies refused;
    private final Thread thread;
    /** Held while a volume gets another role here. */
    private final Object roles = new Object();

    private boolean changed;

    private VolumeKeeper(
            NodeId self,
            ReplicatedLog log,
            CopyPlaces places,
            Path promises,
            Path socket,
            PeerCheck peersForPrimaries,
            ReplicaServer replicas,
            NbdServer exports) {
        this.self = self;
        this.log = log;
        this.desk = new LogDesk(log);
        this.copies = new LocalCopies(self, places);
        this.promises = promises;
        this.socket = socket;
        this.peersForPrimaries = peersForPrimaries;
        this.replicas = replicas;
        this.exports = exports;
        this.reports = new CopyReports(desk);
        this.refused = new RefusedCopies(reports::discarded);
        this.thread = Thread.ofPlatform().daemon().name("volume-keeper").unstarted(this::run);
    }

    /**
     * Starts it.
     *
     * @param places has a directory for each copy
     * @param promises on a tmpfs, for what is written to volumes that are about to be handed over
     * @param socket where NBD clients of this machine find what this node writes
     * @throws IOException the mirror port or the socket cannot be had
     */
    public static VolumeKeeper start(
            NodeRecord me,
            ReplicatedLog log,
            CopyPlaces places,
            Path promises,
            Path socket,
            PeerCheck asReplica,
            PeerCheck asPrimary)
            throws IOException {
        Files.createDirectories(places.own());
        Files.createDirectories(promises);
        Files.deleteIfExists(socket); // of an agent that was killed
        ReplicaServer replicas =
                ReplicaServer.start(new InetSocketAddress(me.address(), me.mirrorPort()), asReplica, SILENCE);
        try {
            NbdServer exports = NbdServer.start(socket);
            VolumeKeeper keeper =
                    new VolumeKeeper(me.id(), log, places, promises, socket, asPrimary, replicas, exports);
            log.onChange(keeper::lookSoon);
            keeper.thread.start();
            return keeper;
        } catch (IOException | RuntimeException e) {
            replicas.close();
            throw e;
        }
    }

    private synchronized void lookSoon() {
        changed = true;
        notifyAll();
    }

    private void run() {
        try {
            while (true) {
                synchronized (this) {
                    if (!changed) {
                        wait(LOOK_AGAIN.toMillis());
                    }
                    changed = false;
                }
                try {
                    look(log.latestKnown());
                } catch (RuntimeException e) {
                    LOG.error("looking after volumes stumbled, and goes on", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(ClusterState state) throws InterruptedException {
        for (VolumeName name : List.copyOf(held.keySet())) {
            if (state.volume(name).filter(v -> v.copyOn(self) != null).isEmpty()) {
                release(name);
            }
        }
        complaints
                .keySet()
                .removeIf(name -> held.containsKey(name) || state.volume(name).isEmpty());
        for (Volume volume : state.volumes().values()) {
            if (volume.copyOn(self) == null || removed.contains(volume.id())) {
                continue;
            }
            try {
                if (volume.isWrittenBy(self)) {
                    write(volume);
                    tellOfReplicas(volume);
                    watchRecord(volume);
                } else if (volume.isHeldBy(self, node -> isStopped(state, node))) {
                    follow(volume);
                } else {
                    leaveToOther(volume);
                }
            } catch (StoreException e) {
                complain(volume.name(), String.valueOf(e.getMessage()));
            }
        }
    }

    private static boolean isStopped(ClusterState state, NodeId node) {
        return state.healthOf(node)
                .filter(h -> h.phase() == NodeHealth.Phase.FENCED)
                .isPresent();
    }

    /** Where others reach the copy, the epoch that lies with it is what stops a writer whose time is over. */
    private void watchRecord(Volume volume) {
        if (CopyPlaces.storage(volume, self) != null) {
            written(volume.name(), volume.epoch()).ifPresent(PrimaryVolume::lookAtRecord);
        }
    }

    private void complain(VolumeName name, String why) {
        complaints.put(name, why);
        replicas.explain(name, "volume " + name + " cannot be opened on " + self + ": " + why);
        long now = System.currentTimeMillis();
        if (now - complainedMillis.getOrDefault(name, 0L) > COMPLAIN_MILLIS) {
            complainedMillis.put(name, now);
            LOG.error("volume={} cannot be opened here: {} (tried again all the time)", name, why);
        }
    }

    // ---- roles

    private void write(Volume known) throws StoreException, InterruptedException {
        Held now = held.get(known.name());
        if (now instanceof Held.Written written && written.epoch().equals(known.epoch())) {
            return;
        }
        HandedOver away = handedOver.get(known.name());
        if (away != null && away.epoch().equals(known.epoch())) {
            if (System.nanoTime() - away.untilNanos() >= 0) {
                goOnAlone(known);
            }
            return;
        }
        // With certainty: what this node knows at once may be older, and then another one writes it.
        ClusterState state = desk.insistOnReading();
        Optional<Volume> volume = state.volume(known.name())
                .filter(v -> v.isWrittenBy(self) && v.epoch().equals(known.epoch()));
        if (volume.isEmpty() || isPromised(known.name()) || !reports.beginAlone(volume.get())) {
            return;
        }
        synchronized (roles) {
            if (isPromised(known.name())) {
                return; // it came with a move: whoever leads that says when it is written here
            }
            if (held.get(known.name()) instanceof Held.Written written
                    && written.epoch().equals(known.epoch())) {
                return;
            }
            release(known.name());
            PrimaryVolume opened = open(state, volume.get());
            serve(volume.get(), opened, new SwitchedDevice(opened.size()));
        }
    }

    private void serve(Volume volume, PrimaryVolume opened, SwitchedDevice device) {
        device.goOn(opened);
        held.put(volume.name(), new Held.Written(opened, volume.epoch(), device));
        exports.add(new NbdExport(volume.name().value(), "mirrored volume " + volume.name(), device));
        LOG.info("volume={} epoch={} is written here", volume.name(), volume.epoch());
    }

    private PrimaryVolume open(ClusterState state, Volume volume) throws StoreException {
        List<ReplicaSpec> others = new ArrayList<>();
        for (Map.Entry<NodeId, VolumeCopy> copy : volume.copies().entrySet()) {
            NodeRecord node = state.nodes().get(copy.getKey());
            if (node != null && !volume.isOneCopy(copy.getKey(), self)) {
                others.add(MirrorSettings.replica(
                        copy.getKey(),
                        new InetSocketAddress(node.address(), node.mirrorPort()),
                        copy.getValue().mode(),
                        volume.mirrorOrDefault()));
            }
        }
        copies.requireFit(volume);
        return PrimaryVolume.open(
                copies.of(volume),
                MirrorSettings.of(VolumeOptions.of(self, volume.epoch(), others, peersForPrimaries, reports), volume));
    }

    /**
     * A hand-over came to nothing: this node writes the volume again, under a later epoch, so that a promotion which still is on its
     * way to the log can no longer take it away.
     */
    private void goOnAlone(Volume known) throws InterruptedException {
        Outcome outcome = desk.insist(
                new Command.PromoteVolume(known.name(), known.epoch(), self, true, false, System.currentTimeMillis()));
        LOG.info(
                "volume={} epoch={} was handed over in vain; to be written here again: {}",
                known.name(),
                known.epoch(),
                outcome);
    }

    private void follow(Volume volume) throws StoreException, InterruptedException {
        if (held.get(volume.name()) instanceof Held.Followed followed
                && followed.volume().record().size() == volume.bytes()) {
            return;
        }
        if (!Files.exists(copies.of(volume)) && !madeAnew(volume)) {
            return;
        }
        synchronized (roles) {
            if (isWrittenAfter(volume) || held.get(volume.name()) instanceof Held.Promised) {
                return;
            }
            release(volume.name());
            copies.requireFit(volume);
            ReplicaVolume opened = ReplicaVolume.open(copies.of(volume), self);
            held.put(volume.name(), new Held.Followed(opened));
            replicas.add(opened);
        }
        LOG.info(
                "volume={} is followed here; {} writes it",
                volume.name(),
                volume.idles() ? "nobody" : volume.primary());
    }

    /** A look that began before the volume was handed over to this node must not close it again. */
    private boolean isWrittenAfter(Volume volume) {
        return held.get(volume.name()) instanceof Held.Written written
                && written.epoch().compareTo(volume.epoch()) > 0;
    }

    /** The copy here is one with another node's, which has it open. */
    private void leaveToOther(Volume volume) {
        synchronized (roles) {
            if (isWrittenAfter(volume)) {
                return;
            }
            if (held.containsKey(volume.name())) {
                release(volume.name());
                LOG.info("volume={} is left to another node on the same storage", volume.name());
            }
            complaints.remove(volume.name());
            replicas.explain(
                    volume.name(),
                    "the copy of volume " + volume.name() + " on shared storage " + CopyPlaces.storage(volume, self)
                            + " is not held by " + self + " but by another node");
        }
    }

    /**
     * Makes a copy whose directory is gone, for its primary to fill. Until that is done it is worth nothing, and says so; a copy
     * that the log calls whole is not replaced by one, because nobody else may have its writes.
     */
    private boolean madeAnew(Volume known) throws StoreException, InterruptedException {
        Optional<Volume> volume = desk.insistOnReading()
                .volume(known.name())
                .filter(v -> v.id().equals(known.id()) && v.epoch().equals(known.epoch()));
        if (volume.isEmpty()) {
            return false;
        }
        if (volume.get().idles() || volume.get().isWholeOn(self)) {
            throw new StoreException(
                    StoreException.Kind.DAMAGED,
                    copies.of(known) + " is gone, and the log counts on this copy: bring it back; if it is lost,"
                            + " have a node with another whole copy write the volume, which then fills this one anew");
        }
        copies.makeAnew(volume.get());
        return true;
    }

    /** Returns when it is closed, whoever closes it. */
    private synchronized void release(VolumeName name) {
        Held old = held.remove(name);
        try {
            switch (old) {
                case Held.Written written -> {
                    String why = "this node no longer writes volume " + name + " under " + written.epoch();
                    written.volume().fence(why);
                    hangUp(name, written, why);
                    written.volume().close();
                }
                case Held.Promised promised -> {
                    putAway(name, promised.volume());
                    PromisedVolume.forget(name, promiseFile(name));
                }
                case Held.Followed followed -> {
                    replicas.remove(name);
                    followed.volume().close();
                }
                case null -> {}
            }
        } catch (StoreException e) {
            LOG.error("volume={} did not close in good order: {}", name, e.getMessage());
        }
    }

    private void hangUp(VolumeName name, Held.Written written, String why) {
        exports.remove(name.value());
        written.device().end(new StoreException(StoreException.Kind.FENCED, why));
    }

    /** What was written to it provisionally stays, for whoever knows how the move ended. */
    private void putAway(VolumeName name, PromisedVolume promised) throws StoreException {
        exports.remove(name.value());
        promised.end("volume " + name + " is closed");
        replicas.remove(name);
        promised.replica().close();
    }

    // ---- replicas

    private void tellOfReplicas(Volume volume) {
        if (!(held.get(volume.name()) instanceof Held.Written written)
                || !written.epoch().equals(volume.epoch())) {
            return;
        }
        refused.look(volume, written.volume(), System.nanoTime());
        for (ReplicaStatus replica : written.volume().status()) {
            VolumeCopy copy = volume.copyOn(replica.node());
            boolean news = copy != null
                    && copy.standing() == VolumeCopy.Standing.BEHIND
                    && copy.mode() != ReplicationMode.ASYNC
                    && replica.state() == ReplicaState.STREAMING;
            if (news) {
                reports.caughtUp(
                        volume.name(),
                        volume.epoch(),
                        replica.node(),
                        () -> streams(written.volume(), replica.node()),
                        written.volume().lastResyncSent(replica.node()));
            }
        }
    }

    private static boolean streams(PrimaryVolume volume, NodeId node) {
        return volume.status().stream().anyMatch(r -> r.node().equals(node) && r.state() == ReplicaState.STREAMING);
    }

    // ---- moves

    /** Whether a move that comes in has a claim on it, and nobody has said yet that it is written here. */
    private boolean isPromised(VolumeName name) {
        return held.get(name) instanceof Held.Promised || Files.exists(promiseFile(name));
    }

    private Path promiseFile(VolumeName name) {
        return promises.resolve(name.value());
    }

    /**
     * A service that has the volume is about to move to this node. Clients find the volume from now on, and wait.
     *
     * @throws StoreException if there is no copy here that could be handed over to
     */
    public void promise(VolumeName name) throws StoreException {
        synchronized (roles) {
            if (!(held.get(name) instanceof Held.Followed followed)) {
                throw new StoreException(
                        StoreException.Kind.CLOSED,
                        "volume " + name + " is no replica on node " + self + " just now: see 'norikae volume status'");
            }
            PromisedVolume promised = PromisedVolume.of(name, followed.volume(), promiseFile(name));
            held.put(name, new Held.Promised(promised));
            exports.add(
                    new NbdExport(name.value(), "mirrored volume " + name + ", on its way here", promised.device()));
        }
    }

    /** Its primary has stopped writing it: it can be used here, for the time being as if nothing were written. */
    public void take(VolumeName name) throws StoreException {
        synchronized (roles) {
            promised(name).take();
        }
    }

    private PromisedVolume promised(VolumeName name) throws StoreException {
        if (held.get(name) instanceof Held.Promised promised) {
            return promised.volume();
        }
        throw new StoreException(StoreException.Kind.CLOSED, "volume " + name + " was not promised to " + self);
    }

    /**
     * It was handed over, and nobody can take it back: it is written here from now on, what was written provisionally included.
     * May be repeated, also by a later agent.
     *
     * @throws StoreException {@link StoreException.Kind#FENCED} if the log does not say so
     */
    public void activate(VolumeName name) throws StoreException, InterruptedException {
        ClusterState state = desk.insistOnReading();
        Volume volume = state.volume(name)
                .filter(v -> v.isWrittenBy(self))
                .orElseThrow(() -> new StoreException(
                        StoreException.Kind.FENCED, "node " + self + " does not write volume " + name));
        boolean open = held.get(name) instanceof Held.Written written
                && written.epoch().equals(volume.epoch());
        if (!open && !reports.beginAlone(volume)) {
            throw new StoreException(
                    StoreException.Kind.FENCED, "the log does not let node " + self + " begin to write volume " + name);
        }
        synchronized (roles) {
            Held now = held.get(name);
            if (now instanceof Held.Written written && written.epoch().equals(volume.epoch())) {
                return;
            }
            SwitchedDevice device = new SwitchedDevice(volume.bytes());
            if (now instanceof Held.Promised promised) {
                device = promised.volume().device();
                replicas.remove(name);
                promised.volume().handOver(HAND_OVER_PATIENCE);
                held.remove(name);
            } else {
                release(name);
            }
            try {
                PrimaryVolume opened = open(state, volume);
                PromisedVolume.redeem(promiseFile(name), opened);
                serve(volume, opened, device);
            } catch (StoreException e) {
                exports.remove(name.value());
                device.end(e);
                throw e;
            }
        }
    }

    /** Nothing came of the move, or its service has ended: what was written provisionally never happened. Idempotent. */
    public void withdraw(VolumeName name) {
        synchronized (roles) {
            if (held.get(name) instanceof Held.Promised promised) {
                exports.remove(name.value());
                promised.volume().end("volume " + name + " was not handed over");
                promised.volume().replica().goOn();
                held.put(name, new Held.Followed(promised.volume().replica()));
            }
            PromisedVolume.forget(name, promiseFile(name));
        }
    }

    /**
     * Lets writes wait, and brings what there is to one replica.
     *
     * @throws StoreException if that does not have everything in time; then writes go on
     */
    public void suspend(VolumeName name, NodeId to, Duration patience) throws StoreException {
        if (!(held.get(name) instanceof Held.Written written)) {
            throw new StoreException(
                    StoreException.Kind.FENCED, "node " + self + " does not write volume " + name + " just now");
        }
        written.device().hold(patience);
        boolean complete = false;
        try {
            complete = written.volume().settle(to, patience);
        } finally {
            if (!complete) {
                written.device().goOn(written.volume());
            }
        }
        if (!complete) {
            throw new StoreException(
                    StoreException.Kind.DISK,
                    "the copy of volume " + name + " on node " + to + " did not get everything within "
                            + patience.toSeconds() + " s");
        }
    }

    /** The opposite of {@link #suspend}; does nothing to a volume that is not suspended. */
    public void resume(VolumeName name) {
        if (held.get(name) instanceof Held.Written written && written.device().isHeld()) {
            written.device().goOn(written.volume());
        }
    }

    /** How large the volume is that was promised to this node. */
    public long size(VolumeName name) throws StoreException {
        return promised(name).device().size();
    }

    /** Whether clients here can write it now. */
    public boolean serves(VolumeName name) {
        return held.get(name) instanceof Held.Written written
                && !written.device().isHeld();
    }

    /**
     * Waits until this node writes it.
     *
     * @throws StoreException if the log has another primary, or it cannot be opened here within {@code patience}
     */
    public PrimaryVolume awaitWritten(VolumeName name, Duration patience) throws StoreException, InterruptedException {
        Volume volume = desk.insistOnReading()
                .volume(name)
                .orElseThrow(() -> new StoreException(StoreException.Kind.CLOSED, "there is no volume " + name));
        if (!volume.isWrittenBy(self)) {
            throw new StoreException(
                    StoreException.Kind.FENCED,
                    "volume " + name + " is written by " + (volume.idles() ? "nobody" : "node " + volume.primary())
                            + ", not by " + self);
        }
        lookSoon();
        long deadline = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() - deadline < 0) {
            if (held.get(name) instanceof Held.Written written
                    && written.epoch().compareTo(volume.epoch()) >= 0) {
                return written.volume();
            }
            Thread.sleep(OPENING_GLANCE_MILLIS);
        }
        throw new StoreException(
                StoreException.Kind.CLOSED,
                "volume " + name + " was not opened on node " + self + " within " + patience.toSeconds()
                        + " s: its agent's log says why");
    }

    // ---- for others

    /**
     * Makes an empty copy; one that is there already under the same identity is left as it is.
     *
     * @param storage where it lies; {@code null}: on this node's own disk
     * @param made whether another node has made it there, and this one only has to see it
     */
    public void prepare(VolumeName name, UUID id, long bytes, @Nullable String storage, boolean made)
            throws StoreException {
        copies.prepare(name, id, bytes, storage, made);
    }

    /**
     * Removes a copy that the log has forgotten.
     *
     * @param storage where it lies; {@code null}: on this node's own disk
     */
    public void remove(VolumeName name, UUID id, @Nullable String storage) throws StoreException, InterruptedException {
        // With certainty: what this node knows at once may be a moment old.
        if (desk.insistOnReading().volume(name).filter(v -> v.id().equals(id)).isPresent()) {
            throw new StoreException(StoreException.Kind.CLOSED, "volume " + name + " is still in the log");
        }
        removed.add(id);
        release(name);
        copies.remove(name, id, storage);
    }

    /** Why the copy here cannot be opened; empty if it is, or there is none. */
    public Optional<String> complaint(VolumeName name) {
        return Optional.ofNullable(complaints.get(name));
    }

    /** The volume as this node writes it; empty if it does not. */
    public Optional<PrimaryVolume> written(VolumeName name) {
        return held.get(name) instanceof Held.Written written ? Optional.of(written.volume()) : Optional.empty();
    }

    /** The same under exactly this epoch. */
    public Optional<PrimaryVolume> written(VolumeName name, Epoch epoch) {
        return held.get(name) instanceof Held.Written written && written.epoch().equals(epoch)
                ? Optional.of(written.volume())
                : Optional.empty();
    }

    /** Whether the copy here could have so many bytes; changes nothing. */
    public void requireRoom(VolumeName name, UUID id, long bytes) throws StoreException {
        Optional<Volume> volume = log.latestKnown().volume(name);
        String storage = volume.isEmpty() ? null : CopyPlaces.storage(volume.get(), self);
        copies.requireRoom(name, storage, id, bytes);
    }

    /**
     * Stops writing it; when this returns, the replicas that are named have every write. If that fails, this node writes on.
     *
     * @param mustHave a replica without which it fails; {@code null}: none. Nothing is stopped before that one is close behind
     */
    public List<NodeId> handOver(VolumeName name, Epoch epoch, @Nullable NodeId mustHave) throws StoreException {
        if (!(held.get(name) instanceof Held.Written written)
                || !written.epoch().equals(epoch)) {
            throw new StoreException(
                    StoreException.Kind.FENCED,
                    "node " + self + " does not write volume " + name + " under " + epoch
                            + " just now: see its agent's log, and try again");
        }
        PrimaryVolume volume = written.volume();
        if (mustHave != null) {
            CloseBehind.await(volume, mustHave, HAND_OVER_PATIENCE);
        }
        handedOver.put(name, new HandedOver(epoch, System.nanoTime() + HANDED_OVER.toNanos()));
        hangUp(name, written, "volume " + name + " is handed over");
        boolean done = false;
        try {
            List<NodeId> complete = volume.handOver(HAND_OVER_PATIENCE);
            if (mustHave != null && !complete.contains(mustHave)) {
                throw new StoreException(
                        StoreException.Kind.CLOSED,
                        "the copy of volume " + name + " on " + mustHave + " did not get every write within "
                                + HAND_OVER_PATIENCE.toSeconds() + " s; " + self
                                + " writes on: look at the line between the two, and try again");
            }
            done = true;
            return complete;
        } finally {
            held.remove(name); // also one that did not close well writes no more
            if (!done) {
                goOn(name, epoch);
            }
        }
    }

    /** Nobody makes use of a hand-over: this node writes on at once, and not only after a while. */
    public void goOn(VolumeName name, Epoch epoch) {
        handedOver.computeIfPresent(
                name, (_, away) -> away.epoch().equals(epoch) ? new HandedOver(epoch, System.nanoTime()) : away);
        lookSoon();
    }

    /** Where NBD clients of this machine find it. */
    public String uri(VolumeName name) {
        return "nbd+unix:///" + name + "?socket=" + socket;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (VolumeName name : List.copyOf(held.keySet())) {
            try {
                switch (held.get(name)) {
                    case Held.Written written -> {
                        hangUp(name, written, "the agent of node " + self + " ends");
                        written.volume().close(); // in good order: the next agent of this node goes on from here
                    }
                    case Held.Promised promised -> putAway(name, promised.volume());
                    case Held.Followed _ -> release(name);
                    case null -> {}
                }
            } catch (StoreException e) {
                LOG.warn("volume={} did not close in good order: {}", name, e.getMessage());
            }
        }
        reports.close();
        exports.close();
        replicas.close();
    }
}
