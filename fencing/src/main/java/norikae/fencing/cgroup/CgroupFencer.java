package norikae.fencing.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import norikae.fencing.device.Deadline;
import norikae.linux.Cgroup;
import org.jspecify.annotations.Nullable;

/** Kills all processes of a group by {@code cgroup.kill}, and waits until the kernel calls the group empty. */
final class CgroupFencer implements Fencer {

    /** How long an interruption may go unnoticed. */
    private static final Duration SLICE = Duration.ofMillis(100);

    private final Cgroup group;

    CgroupFencer(Path directory) {
        this.group = Cgroup.at(directory);
    }

    @Override
    public String description() {
        return "cgroup " + group;
    }

    @Override
    public FencingResult stop(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        try {
            if (!group.exists()) {
                return gone();
            }
            group.kill();
            while (!group.awaitEmpty(shorter(deadline.left(), SLICE))) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (deadline.isOver()) {
                    return new Unproven(description() + ": still has processes " + group.procs() + " "
                            + deadline.patienceText() + " after cgroup.kill; one may hang in the kernel (state D)");
                }
            }
            return group.exists() ? confirmed("populated 0 after cgroup.kill") : gone();
        } catch (IOException e) {
            return new Unproven(description() + ": " + e.getMessage());
        }
    }

    /** A group that is not there has no processes, unless the whole hierarchy is not there, or not the right one. */
    private FencingResult gone() {
        String wrong = wrongParent();
        return wrong == null ? confirmed("the group has gone") : new Unproven(description() + ": " + wrong);
    }

    private Confirmed confirmed(String how) {
        return new Confirmed(ProofKind.CONFIRMED_OFF, description() + ": " + how);
    }

    private @Nullable String wrongParent() {
        Path parent = group.parent().directory();
        if (Files.isRegularFile(parent.resolve("cgroup.procs"))) {
            return null;
        }
        return Files.isDirectory(parent)
                ? parent + " is no cgroup v2 directory, so a missing group proves nothing: correct 'directory'"
                : parent + " is not there either, so a missing group proves nothing: correct 'directory'";
    }

    @Override
    public Readiness check(Duration patience) {
        try {
            if (!group.exists()) {
                String wrong = wrongParent();
                return wrong == null
                        ? new Readiness(true, description() + ": the group is not there, which counts as off")
                        : new Readiness(false, description() + ": " + wrong);
            }
            Path kill = group.directory().resolve("cgroup.kill");
            if (!Files.isWritable(kill)) {
                return new Readiness(
                        false,
                        description() + ": " + kill
                                + (Files.exists(kill)
                                        ? " cannot be written: the agent must be root"
                                        : " is not there: the root of the hierarchy cannot be killed, and the"
                                                + " kernel must be 5.14 or later"));
            }
            return new Readiness(true, description() + (group.populated() ? ": on" : ": off"));
        } catch (IOException e) {
            return new Readiness(false, description() + ": " + e.getMessage());
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
