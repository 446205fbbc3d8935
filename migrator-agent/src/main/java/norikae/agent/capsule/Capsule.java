package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.agent.capsule.CapsuleRecord.Role;
import norikae.agent.ocf.OcfAgent;
import norikae.agent.ocf.OcfException;
import norikae.failover.model.Epoch;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.linux.Cgroup;
import norikae.linux.ChildProcess;
import norikae.linux.ExitStatus;
import norikae.linux.FrameKeeper;
import norikae.linux.LinuxException;
import norikae.linux.PidFd;
import norikae.linux.Procfs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A service in its capsule on this node. Thread-safe. */
public final class Capsule {

    private static final Logger LOG = LoggerFactory.getLogger(Capsule.class);
    private static final Duration GRACE_DEFAULT = Duration.ofSeconds(10);
    private static final Duration WATCH_SLICE = Duration.ofSeconds(30);

    private final CapsuleManager manager;
    private final CapsuleGroups groups;
    private final CapsuleLink link;
    private final @Nullable ChildProcess wrapper;
    private CapsuleRecord record;
    private @Nullable ExitInfo exit;
    private final Object removal = new Object();

    /** Its end, whenever it comes, is our doing. */
    private boolean dismissed;

    /** Confined to {@link #remove}. */
    private boolean removed;

    Capsule(
            CapsuleManager manager,
            CapsuleRecord record,
            CapsuleGroups groups,
            CapsuleLink link,
            @Nullable ChildProcess wrapper) {
        this.manager = manager;
        this.record = record;
        this.groups = groups;
        this.link = link;
        this.wrapper = wrapper;
    }

    void startWatching() {
        Thread.ofPlatform().daemon().name("watch-" + service()).start(this::watch);
    }

    public ServiceName service() {
        return record().service();
    }

    public ServiceSpec spec() {
        return record().spec();
    }

    public Epoch epoch() {
        return record().epoch();
    }

    public int basePid() {
        return record().basePid();
    }

    /** PID 1 inside, as this node sees it. */
    public int initPid() {
        return record().initPid();
    }

    /** The service's own process, as this node sees it. */
    int servicePid() throws IOException {
        for (int pid : groups.unified().procs()) {
            try {
                if (Procfs.namespacePids(pid).getLast() == basePid()) {
                    return pid;
                }
            } catch (NoSuchFileException e) {
                // ended while we looked
            }
        }
        throw new CapsuleException("the own process of service " + service() + " is gone");
    }

    Cgroup commandsGroup() {
        return manager.commandsGroup();
    }

    public Path logPath() {
        return record().logPath();
    }

    /** Whether a move has a hand in it, and so a say over its end. */
    public boolean moves() {
        return record().role() != Role.RUNNING;
    }

    /** The command as run, with what was added to make it movable. */
    public List<String> effectiveCommand() {
        return record().effectiveCommand();
    }

    public long netnsInode() throws IOException {
        return link.namespace().inode();
    }

    /** Where the network namespace can be opened. */
    public Path netnsPath() {
        return link.namespace().path();
    }

    /** Files that a process writes itself into to be in the capsule. */
    public List<Path> cgroupProcsFiles() throws IOException {
        return groups.procsFiles();
    }

    public Cgroup cgroup() {
        return groups.unified();
    }

    /** No frame comes in or out; inside, nobody notices. */
    public void detachLink() throws IOException {
        link.detach();
    }

    /** Frames go in and out again. */
    public void attachLink() throws IOException {
        link.attach();
    }

    public boolean linkAttached() throws IOException {
        return link.attached();
    }

    /** Gratuitous ARP: tells everybody on the link that the address is here. */
    public void announce() throws IOException {
        link.announce();
    }

    /** Begins to keep the frames that come for it, attached or not; the caller closes the keeper. */
    public FrameKeeper keepFrames() throws IOException {
        return link.keepFrames();
    }

    /** Hands it frames that were kept; its link may be in any bridge. */
    public void deliver(List<byte[]> frames) throws IOException {
        link.deliver(frames);
    }

    public void freeze(Duration patience) throws IOException {
        groups.unified().freeze(patience);
    }

    public void thaw() throws IOException {
        groups.unified().thaw();
    }

    /** Whether a freeze was asked for and not undone. */
    public boolean frozen() throws IOException {
        return groups.unified().frozen();
    }

    /** Whether PID 1 inside is still the process that it was. A zombie is not alive. */
    public boolean alive() {
        return isAlive(record());
    }

    static boolean isAlive(CapsuleRecord record) {
        return record.initPid() > 0 && Procfs.isAlive(record.initPid(), record.initStartTime());
    }

    /** From now on its end is a matter of the move {@code moveId}, also for the next agent. */
    public synchronized void markMovingOut(String moveId) throws IOException {
        record = record.with(Role.MOVING_OUT, moveId);
        manager.save(record);
    }

    /** It runs here under {@code epoch}, and no move has a hand in it. An end that came meanwhile is told now. */
    public void markRunning(Epoch epoch) throws IOException {
        ExitInfo gone;
        synchronized (this) {
            record = record.with(Role.RUNNING, "").with(epoch);
            manager.save(record);
            gone = exit;
        }
        if (gone != null) {
            ended(gone);
        }
    }

    /** How long it is given to stop if nobody says how long: as its resource agent advises, if it has one. */
    public Duration defaultGrace() {
        OcfResource ocf = spec().ocf();
        if (ocf == null) {
            return GRACE_DEFAULT;
        }
        try {
            return Duration.ofMillis(OcfAgent.of(ocf).stopTimeoutMillis());
        } catch (OcfException e) {
            LOG.warn("service={} is given {} s to stop: {}", service(), GRACE_DEFAULT.toSeconds(), e.getMessage());
            return GRACE_DEFAULT;
        }
    }

    /** SIGTERM to the service's process, SIGKILL to everything after {@code grace}; then removes the capsule. */
    public StopResult stop(Duration grace) throws IOException {
        dismiss();
        boolean killed = false;
        try (PidFd init = PidFd.open(initPid())) {
            if (alive()) { // and so the descriptor is its own, not that of a later process of the same number
                groups.unified().thaw();
                init.signal(PidFd.SIGTERM); // tini passes it on
                killed = !init.awaitExit(grace);
            }
        } catch (LinuxException e) {
            LOG.debug("service={} had ended before it was stopped: {}", service(), e.getMessage());
        } catch (NoSuchFileException e) {
            LOG.debug("service={} has no cgroup any more: {}", service(), e.getMessage());
        }
        remove();
        return new StopResult(killed, grace);
    }

    /** Kills it at once, frozen or not, and removes the capsule. Idempotent. */
    public void destroy() throws IOException {
        dismiss();
        remove();
    }

    synchronized CapsuleRecord record() {
        return record;
    }

    /** From now on its end is told to nobody. */
    synchronized void dismiss() {
        dismissed = true;
    }

    /** Once only: the next capsule of the service has the same names. */
    private void remove() throws IOException {
        synchronized (removal) {
            if (!removed) {
                manager.remove(record(), groups, link);
                removed = true;
            }
        }
    }

    private void watch() {
        try (PidFd init = PidFd.open(initPid())) {
            while (alive() && !init.awaitExit(WATCH_SLICE)) {
                // still there
            }
        } catch (LinuxException e) {
            LOG.debug("service={} cannot be watched, taken as ended: {}", service(), e.getMessage());
        }
        ExitInfo info = new ExitInfo(exitStatus(), memoryLimitHit());
        boolean own;
        synchronized (this) {
            exit = info;
            own = record.role() == Role.RUNNING;
        }
        if (own) {
            ended(info);
        }
    }

    /** Reaps the wrapper, too. */
    private @Nullable ExitStatus exitStatus() {
        if (wrapper == null) {
            return null;
        }
        try (wrapper) {
            return wrapper.awaitExit(WATCH_SLICE).orElse(null);
        } catch (LinuxException e) {
            LOG.warn("service={} nobody knows how it ended: {}", service(), e.getMessage());
            return null;
        }
    }

    private boolean memoryLimitHit() {
        try {
            return groups.memoryLimitKilled();
        } catch (IOException e) {
            return false; // its groups are gone already, so somebody stopped it
        }
    }

    /** It ended by itself, unless it was told to: tidies up, and tells once. */
    private void ended(ExitInfo info) {
        synchronized (this) {
            if (dismissed) {
                return;
            }
            dismissed = true;
        }
        try {
            remove();
        } catch (IOException e) {
            LOG.error("service={} left something behind: {}", service(), e.getMessage());
        }
        manager.tellExit(this, info);
    }
}
