package norikae.agent.capsule;

import java.io.IOException;
import java.util.Optional;
import norikae.failover.model.ServiceName;
import norikae.failover.move.TargetEnding.Copy;
import org.jspecify.annotations.Nullable;

/** A capsule on this node that a move has a hand in. A snapshot; thread-safe. */
public final class Residue {

    /** Which way. */
    public enum Role {
        MOVING_OUT,
        MOVING_IN
    }

    private final CapsuleManager manager;
    private final CapsuleRecord record;
    private final @Nullable Capsule capsule;

    Residue(CapsuleManager manager, CapsuleRecord record, @Nullable Capsule capsule) {
        this.manager = manager;
        this.record = record;
        this.capsule = capsule;
    }

    public ServiceName service() {
        return record.service();
    }

    public String moveId() {
        return record.moveId();
    }

    public Role role() {
        return record.role() == CapsuleRecord.Role.MOVING_OUT ? Role.MOVING_OUT : Role.MOVING_IN;
    }

    /** The tree; empty if its processes are gone. */
    public Optional<Capsule> capsule() {
        return Optional.ofNullable(capsule);
    }

    /** What is there of a copy on its way in. */
    public Copy copy() throws IOException {
        if (!manager.groups(record).unified().populated()) {
            return Copy.NONE;
        }
        if (!record.released() || !Capsule.isAlive(record)) {
            return Copy.UNFINISHED;
        }
        return manager.groups(record).unified().frozen() ? Copy.RELEASED : Copy.RUNNING;
    }

    /** A whole tree as a capsule. */
    public Capsule adoptReleased() throws IOException {
        return capsule != null ? capsule : manager.enter(record, manager.groups(record), manager.link(record), null);
    }

    /** A copy on its way in that must go. */
    public EmptyCapsule emptyCapsule() throws IOException {
        return new EmptyCapsule(manager, record, manager.groups(record), manager.link(record));
    }

    /** Removes what is left of a capsule whose processes are gone. */
    public void forget() throws IOException {
        manager.remove(record, manager.groups(record), manager.link(record));
    }
}
