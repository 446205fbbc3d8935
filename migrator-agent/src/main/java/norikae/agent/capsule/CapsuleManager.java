package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import norikae.agent.capsule.CapsuleRecord.Role;
import norikae.failover.model.Epoch;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.linux.ChildProcess;
import norikae.linux.Procfs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All capsules of this node. Thread-safe; the caller does one thing at a time with one service. */
public final class CapsuleManager implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CapsuleManager.class);

    private final CapsuleSettings settings;
    private final MoveMarks marks;
    private final Map<ServiceName, Capsule> capsules = new ConcurrentHashMap<>();
    private volatile BiConsumer<Capsule, ExitInfo> exitListener = (capsule, exit) -> {};

    public CapsuleManager(CapsuleSettings settings) throws IOException {
        this.settings = settings;
        this.marks = new MoveMarks(settings.marks());
        Files.createDirectories(settings.records());
    }

    /**
     * Calls {@code listener} once for each service that ends by itself; not for one that is stopped or moves away. To be
     * set before {@link #adopt} and {@link #start}.
     */
    public void onExit(BiConsumer<Capsule, ExitInfo> listener) {
        exitListener = listener;
    }

    /**
     * Starts a service; returns when its own program runs and its link is attached.
     *
     * @throws CapsuleException naming what is wrong; nothing is left then
     */
    public Capsule start(ServiceSpec spec, Epoch epoch, int basePid) throws IOException {
        requireFree(spec.name());
        MovableJvm.Adapted adapted = MovableJvm.adapt(spec.command());
        CapsuleRecord record = new CapsuleRecord(
                spec, epoch, basePid, Role.RUNNING, "", 0, 0, true, log(spec, epoch), adapted.command());
        CapsuleLaunch launch = new CapsuleLaunch(spec, basePid, adapted.command(), record.logPath());
        launch.check();
        CapsuleGroups groups = groups(record);
        CapsuleLink link = link(record);
        try {
            build(record, groups, link);
            CapsuleLaunch.Launched launched =
                    launch.start(link.namespace().path(), groups.unified(), groups.procsFiles());
            Capsule capsule = enter(
                    record.releasedAs(launched.initPid(), Procfs.startTime(launched.initPid())),
                    groups,
                    link,
                    launched.wrapper());
            capsule.attachLink();
            capsule.announce();
            return capsule;
        } catch (IOException | RuntimeException e) {
            remove(record, groups, link);
            throw e;
        }
    }

    /** Makes an empty capsule for a move that comes in, its link detached. @throws IOException nothing is left then */
    public EmptyCapsule prepare(ServiceSpec spec, Epoch epoch, int basePid, String moveId) throws IOException {
        requireFree(spec.name());
        List<String> command = MovableJvm.adapt(spec.command()).command();
        CapsuleRecord record =
                new CapsuleRecord(spec, epoch, basePid, Role.MOVING_IN, moveId, 0, 0, false, log(spec, epoch), command);
        CapsuleGroups groups = groups(record);
        CapsuleLink link = link(record);
        try {
            marks.prepared(moveId);
            save(record);
            build(record, groups, link);
        } catch (IOException | RuntimeException e) {
            remove(record, groups, link);
            throw e;
        }
        return new EmptyCapsule(this, record, groups, link);
    }

    /** After the agent's start: takes over what runs. What has ended meanwhile is tidied up. */
    public List<Capsule> adopt() throws IOException {
        List<Capsule> adopted = new ArrayList<>();
        for (CapsuleRecord record : CapsuleRecord.load(settings.records())) {
            if (Capsule.isAlive(record) && record.role() != Role.MOVING_IN) {
                Capsule capsule = enter(record, groups(record), link(record), null);
                if (record.role() == Role.RUNNING) {
                    adopted.add(capsule);
                }
            } else if (record.role() == Role.RUNNING) {
                LOG.warn("service={} ended while no agent watched", record.service());
                remove(record, groups(record), link(record));
            }
        }
        return adopted;
    }

    /** The service's capsule on this node, running or on its way out. */
    public Optional<Capsule> find(ServiceName service) {
        return Optional.ofNullable(capsules.get(service));
    }

    /** Every capsule here that a move has a hand in. */
    public List<Residue> residues() {
        try {
            List<Residue> residues = new ArrayList<>();
            for (CapsuleRecord record : CapsuleRecord.load(settings.records())) {
                if (record.role() != Role.RUNNING) {
                    Capsule capsule = capsules.get(record.service());
                    residues.add(new Residue(this, record, capsule));
                }
            }
            return residues;
        } catch (IOException e) {
            LOG.error("records of capsules in {} cannot be read: {}", settings.records(), e.getMessage());
            return List.of();
        }
    }

    /** Durable: from now on nobody may say that the move's service never ran here. */
    public void markMayHaveResumed(String moveId) throws IOException {
        marks.mayHaveRun(moveId);
    }

    public boolean mayHaveResumed(String moveId) {
        return marks.hasMayHaveRun(moveId);
    }

    /** Whether this node can say for certain that it prepared the move and never let the service run. */
    public boolean provesNeverResumed(String moveId) {
        return marks.hasPrepared(moveId) && !marks.hasMayHaveRun(moveId);
    }

    /** Once the log knows how the move ended. */
    public void forgetMove(String moveId) {
        try {
            marks.forget(moveId);
        } catch (IOException e) {
            LOG.warn("marks of move {} could not be removed: {}", moveId, e.getMessage());
        }
    }

    /** Capsules go on; only the watching ends, with the process. */
    @Override
    public void close() {}

    Capsule enter(CapsuleRecord record, CapsuleGroups groups, CapsuleLink link, @Nullable ChildProcess wrapper)
            throws IOException {
        Capsule capsule = new Capsule(this, record, groups, link, wrapper);
        save(record);
        capsules.put(record.service(), capsule);
        capsule.startWatching();
        return capsule;
    }

    void tellExit(Capsule capsule, ExitInfo exit) {
        exitListener.accept(capsule, exit);
    }

    void save(CapsuleRecord record) throws IOException {
        record.save(settings.records());
    }

    /** Kills and removes everything of a capsule, its record last, so that an interrupted removal is repeated. */
    void remove(CapsuleRecord record, CapsuleGroups groups, CapsuleLink link) throws IOException {
        groups.remove();
        link.remove();
        capsules.remove(record.service());
        CapsuleRecord.delete(settings.records(), record.service());
    }

    CapsuleGroups groups(CapsuleRecord record) throws IOException {
        return new CapsuleGroups(record.service(), settings);
    }

    CapsuleLink link(CapsuleRecord record) {
        return new CapsuleLink(record.service(), record.spec().address(), settings.bridge());
    }

    private void build(CapsuleRecord record, CapsuleGroups groups, CapsuleLink link) throws IOException {
        groups.remove(); // what a crash may have left
        Files.createDirectories(record.logPath().getParent());
        groups.create(record.service(), record.spec().limits());
        link.create();
    }

    private void requireFree(ServiceName service) throws CapsuleException {
        if (capsules.containsKey(service)) {
            throw new CapsuleException("service " + service + " has a capsule on this node already");
        }
    }

    private Path log(ServiceSpec spec, Epoch epoch) {
        return settings.services().resolve(spec.name().value()).resolve("log-" + epoch);
    }
}
