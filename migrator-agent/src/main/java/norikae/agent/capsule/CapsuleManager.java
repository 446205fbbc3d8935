package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import norikae.agent.capsule.CapsuleRecord.Role;
import norikae.failover.model.Epoch;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.linux.Cgroup;
import norikae.linux.ChildProcess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All capsules of this node. Thread-safe; the caller does one thing at a time with one service. */
public final class CapsuleManager implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CapsuleManager.class);

    private static final Duration COMMAND_DEATH = Duration.ofSeconds(5);

    private final CapsuleSettings settings;
    private final ServiceDisks disks;
    private final MoveMarks marks;
    private final Map<ServiceName, Capsule> capsules = new ConcurrentHashMap<>();
    private final ReentrantReadWriteLock lives = new ReentrantReadWriteLock();
    private final AtomicInteger life = new AtomicInteger();
    private volatile BiConsumer<Capsule, ExitInfo> exitListener = (capsule, exit) -> {};

    public CapsuleManager(CapsuleSettings settings, ServiceDisks disks) throws IOException {
        this.settings = settings;
        this.disks = disks;
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
        return start(spec, epoch, basePid, life());
    }

    /** The same, unless {@link #killAll} was called since {@link #life} gave that number. */
    public Capsule start(ServiceSpec spec, Epoch epoch, int basePid, int life) throws IOException {
        return startIn(life, () -> start(spec, epoch, basePid, true));
    }

    /**
     * Changes whenever all services of this node are killed. Whoever has been allowed to start a service asks for it before
     * it asks for the allowance: one that was given before a killing is worth nothing after it.
     */
    public int life() {
        return life.get();
    }

    private interface Starting {
        Capsule start() throws IOException;
    }

    /** Killing waits for starts that have begun, and those that come after it find that the life has changed. */
    private Capsule startIn(int wanted, Starting starting) throws IOException {
        lives.readLock().lock();
        try {
            if (wanted != life.get()) {
                throw new CapsuleException("this node has given up its services meanwhile");
            }
            return starting.start();
        } finally {
            lives.readLock().unlock();
        }
    }

    /**
     * Starts a service whose address belongs to it already: nobody is asked whether somebody else has it, which takes time
     * that its clients wait.
     *
     * @param life as {@link #life} gave it before the start was allowed
     * @throws CapsuleException naming what is wrong; nothing is left then
     */
    public Capsule startAgain(ServiceSpec spec, Epoch epoch, int basePid, int life) throws IOException {
        return startIn(life, () -> start(spec, epoch, basePid, false));
    }

    private Capsule start(ServiceSpec spec, Epoch epoch, int basePid, boolean newAddress) throws IOException {
        requireFree(spec.name());
        List<String> command = ServiceCommand.of(spec);
        CapsuleRecord record = record(spec, epoch, basePid, Role.STARTING, "", command);
        if (!spec.volumesOrNone().isEmpty()) {
            save(record); // what is mounted must be unmounted, whatever becomes of this agent
            mount(record);
        }
        CapsuleGroups groups = groups(record);
        CapsuleLink link = link(record);
        CapsuleLaunch launch;
        try {
            launch = new CapsuleLaunch(spec, basePid, command, record.logPath());
        } catch (CapsuleException e) {
            unmountAfter(e, record);
            throw e;
        }
        try {
            build(record, groups, link);
            if (newAddress) {
                link.requireFreeAddress();
            } else {
                link.attach();
            }
            link.configure();
            CapsuleLaunch.Launched launched =
                    launch.start(link.namespace().path(), groups.unified(), groups.procsFiles());
            return enterStarted(record, groups, link, launched);
        } catch (IOException | RuntimeException e) {
            try {
                remove(record, groups, link);
                launch.removeNewLog();
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private void mount(CapsuleRecord record) throws IOException {
        try {
            disks.mount(record.spec());
        } catch (IOException e) {
            CapsuleRecord.delete(settings.records(), record.service());
            throw e;
        }
    }

    private void unmountAfter(CapsuleException why, CapsuleRecord record) {
        try {
            disks.unmount(record.spec());
            CapsuleRecord.delete(settings.records(), record.service());
        } catch (IOException left) {
            why.addSuppressed(left);
        }
    }

    private Capsule enterStarted(
            CapsuleRecord record, CapsuleGroups groups, CapsuleLink link, CapsuleLaunch.Launched launched)
            throws IOException {
        CapsuleRecord started = record.startedAs(launched.initPid(), launched.initStartTime());
        try {
            link.announce();
            return enter(started, groups, link, launched.wrapper());
        } catch (IOException | RuntimeException e) {
            groups.killAll();
            launched.wrapper().close();
            throw e;
        }
    }

    /** Makes an empty capsule for a move that comes in, its link detached. @throws IOException nothing is left then */
    public EmptyCapsule prepare(ServiceSpec spec, Epoch epoch, int basePid, String moveId) throws IOException {
        requireFree(spec.name());
        List<String> command = ServiceCommand.of(spec);
        CapsuleRecord record = record(spec, epoch, basePid, Role.MOVING_IN, moveId, command);
        CapsuleGroups groups = groups(record);
        CapsuleLink link = link(record);
        try {
            marks.prepared(moveId);
            build(record, groups, link);
            link.configure(); // nobody is asked whether the address is free: it is the service's, where it still runs
        } catch (IOException | RuntimeException e) {
            try {
                remove(record, groups, link);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        return new EmptyCapsule(this, record, groups, link);
    }

    /**
     * After the agent's start: takes over what runs. What has ended meanwhile, and what a dead agent was about to start, is
     * removed; what cannot be removed stays as it is, and its name stays taken.
     *
     * @return the services that run and take part in no move
     */
    public List<Capsule> adopt() throws IOException {
        killCommands();
        List<Capsule> adopted = new ArrayList<>();
        for (CapsuleRecord record : CapsuleRecord.load(settings.records())) {
            try {
                adopt(record).ifPresent(adopted::add);
            } catch (IOException e) {
                LOG.error("service={} could neither be adopted nor removed: {}", record.service(), e.getMessage());
            }
        }
        warnOfStrangers();
        return adopted;
    }

    private Optional<Capsule> adopt(CapsuleRecord record) throws IOException {
        boolean alive = Capsule.isAlive(record);
        return switch (record.role()) {
            case MOVING_IN -> Optional.empty(); // for whoever resolves the move
            case MOVING_OUT -> {
                if (alive) {
                    Capsule _ = enter(record, groups(record), link(record), null);
                }
                yield Optional.empty();
            }
            case RUNNING -> {
                if (alive) {
                    yield Optional.of(enter(record, groups(record), link(record), null));
                }
                LOG.warn("service={} ended while no agent watched", record.service());
                remove(record, groups(record), link(record));
                yield Optional.empty();
            }
            case STARTING -> {
                LOG.warn("service={} the agent died while it started it; removed", record.service());
                remove(record, groups(record), link(record));
                yield Optional.empty();
            }
        };
    }

    /** What was run for a moment on behalf of a service when the agent before us died: nobody waits for it any more. */
    private void killCommands() throws IOException {
        Cgroup commands = commandsGroup();
        if (!commands.exists()) {
            return;
        }
        try (Stream<Path> groups = Files.list(commands.directory())) {
            for (Path group : groups.filter(Files::isDirectory).toList()) {
                Cgroup.at(group).kill();
                Cgroup.at(group).remove(COMMAND_DEATH);
            }
        } catch (IOException e) {
            LOG.warn("commands of an earlier agent in {} could not be removed: {}", commands, e.getMessage());
        }
    }

    /** Every capsule has a record before it has anything else; so this is somebody's doing, and for him to undo. */
    private void warnOfStrangers() throws IOException {
        if (!settings.cgroups().exists()) {
            return;
        }
        try (Stream<Path> groups = Files.list(settings.cgroups().directory())) {
            for (Path group : groups.filter(Files::isDirectory).toList()) {
                Cgroup stranger = Cgroup.at(group);
                if (stranger.populated() && !Files.exists(settings.records().resolve(group.getFileName() + ".json"))) {
                    LOG.error(
                            "cgroup {} has processes {} but no record: nobody manages them",
                            stranger,
                            stranger.procs());
                }
            }
        }
    }

    /** Whether a service has a process on this node, or is about to have one. */
    public boolean isBusy() {
        return !capsules.isEmpty() || lives.getReadLockCount() > 0;
    }

    /** The services that have a process on this node, running or on their way out. */
    public List<Capsule> all() {
        return List.copyOf(capsules.values());
    }

    /**
     * Kills every process of every capsule at once, also of those that a move has a hand in, and removes the capsules; what
     * moves have left is for whoever resolves them. No end is told.
     *
     * @throws IOException if processes are left
     */
    public void killAll(Duration patience) throws IOException {
        lives.writeLock().lock();
        try {
            life.incrementAndGet();
            killEverything(patience);
        } finally {
            lives.writeLock().unlock();
        }
    }

    private void killEverything(Duration patience) throws IOException {
        Cgroup all = settings.cgroups();
        if (!all.exists()) {
            return;
        }
        List<Capsule> killed = all();
        killed.forEach(Capsule::dismiss);
        all.kill();
        killed.forEach(capsule -> disks.cut(capsule.spec())); // or one that waits for a disk would not die
        if (!all.awaitEmpty(patience)) {
            throw new CapsuleException(
                    "processes in " + all + " are still there " + patience.toMillis() + " ms after they were killed");
        }
        for (Capsule capsule : killed) {
            capsule.destroy();
        }
    }

    /** The service's capsule on this node, running or on its way out. */
    public Optional<Capsule> find(ServiceName service) {
        return Optional.ofNullable(capsules.get(service));
    }

    /** The services that run here and that no move has a hand in. */
    public List<Capsule> running() {
        return capsules.values().stream()
                .filter(capsule -> capsule.record().role() == Role.RUNNING)
                .toList();
    }

    /** Below it, what is run for a moment on behalf of a service has its groups. */
    Cgroup commandsGroup() {
        return settings.cgroups().parent().child("commands");
    }

    /** Every capsule here that a move has a hand in. */
    public List<Residue> residues() {
        try {
            List<Residue> residues = new ArrayList<>();
            for (CapsuleRecord record : CapsuleRecord.load(settings.records())) {
                if (record.role() == Role.MOVING_IN || record.role() == Role.MOVING_OUT) {
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
        save(record);
        Capsule capsule = new Capsule(this, record, groups, link, wrapper);
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
        disks.letGo(record.spec());
        groups.remove();
        link.remove();
        disks.unmount(record.spec());
        capsules.remove(record.service());
        CapsuleRecord.delete(settings.records(), record.service());
    }

    CapsuleGroups groups(CapsuleRecord record) throws IOException {
        return new CapsuleGroups(record.service(), settings);
    }

    CapsuleLink link(CapsuleRecord record) {
        return new CapsuleLink(record.service(), record.spec().address(), settings.bridge());
    }

    /** The record comes first, so that a crash leaves nothing that nobody knows of. */
    private void build(CapsuleRecord record, CapsuleGroups groups, CapsuleLink link) throws IOException {
        save(record);
        groups.remove(); // what somebody else may have made under this name
        Files.createDirectories(record.logPath().getParent());
        groups.create(record.service(), record.spec().limits());
        link.create();
    }

    private void requireFree(ServiceName service) throws IOException {
        Optional<CapsuleRecord> there = CapsuleRecord.find(settings.records(), service);
        if (there.isPresent()) {
            CapsuleRecord record = there.get();
            throw new CapsuleException("service " + service + " has a capsule on this node already (" + record.role()
                    + (record.moveId().isEmpty() ? "" : ", move " + record.moveId()) + ", epoch " + record.epoch()
                    + "): stop it, or wait until the move has been resolved");
        }
    }

    private CapsuleRecord record(
            ServiceSpec spec, Epoch epoch, int basePid, Role role, String moveId, List<String> command) {
        Path log = settings.services().resolve(spec.name().value()).resolve("log-" + epoch);
        return new CapsuleRecord(spec, epoch, basePid, role, moveId, 0, 0, false, log, command);
    }
}
