package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import norikae.failover.model.Epoch;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.linux.Cgroup;
import norikae.linux.FrameKeeper;
import norikae.linux.Procfs;

/** A capsule without processes, its link detached, into which a restore is to build a tree. Thread-safe. */
public final class EmptyCapsule {

    private final CapsuleManager manager;
    private final CapsuleRecord record;
    private final CapsuleGroups groups;
    private final CapsuleLink link;
    private boolean discarded;

    EmptyCapsule(CapsuleManager manager, CapsuleRecord record, CapsuleGroups groups, CapsuleLink link) {
        this.manager = manager;
        this.record = record;
        this.groups = groups;
        this.link = link;
    }

    public ServiceName service() {
        return record.service();
    }

    public ServiceSpec spec() {
        return record.spec();
    }

    public Epoch epoch() {
        return record.epoch();
    }

    /** Where a restore finds the network namespace. */
    public Path netnsPath() {
        return link.namespace().path();
    }

    public Cgroup cgroup() {
        return groups.unified();
    }

    /** Files that CRIU writes itself into before it builds the tree. */
    public List<Path> cgroupProcsFiles() throws IOException {
        return groups.procsFiles();
    }

    /** Files that CRIU writes itself into once the tree is built. */
    public List<Path> agentProcsFiles() throws IOException {
        return groups.outsideProcsFiles();
    }

    /** The file that takes the tree's output here. */
    public Path logPath() {
        return record.logPath();
    }

    /**
     * CRIU has let the tree go, and it stands still in its frozen cgroup: from here on it is a capsule.
     *
     * @param rootPid PID 1 inside, as this node sees it
     */
    public Capsule adoptRestored(int rootPid) throws IOException {
        CapsuleRecord released = record.releasedAs(rootPid, Procfs.startTime(rootPid));
        return manager.enter(released, groups, link, null);
    }

    /**
     * Draws the frames of the service to this node, and keeps them until somebody {@linkplain Capsule#deliver delivers}
     * them; the caller closes the keeper.
     */
    public FrameKeeper divertFrames() throws IOException {
        FrameKeeper keeper = link.keepFrames();
        try {
            link.divert();
            return keeper;
        } catch (IOException e) {
            keeper.close();
            throw e;
        }
    }

    /** Kills whatever is in it; the capsule stays. */
    public void killProcesses() throws IOException {
        groups.killAll();
    }

    /** Removes everything. Idempotent: done once, it leaves a later capsule of the service alone. */
    public synchronized void discard() throws IOException {
        if (!discarded) {
            manager.remove(record, groups, link);
            discarded = true;
        }
    }
}
