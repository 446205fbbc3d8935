package norikae.agent.move;

import java.io.IOException;
import java.io.UncheckedIOException;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.capsule.Capsule;
import norikae.linux.KernelFeatures;
import norikae.linux.NoSuchProcessException;
import norikae.linux.Procfs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the memory of one move travels.
 *
 * @param preCopy ahead of the dump, while the service runs
 * @param reason why, for people
 */
record MemoryPlan(boolean preCopy, String reason, MoveOptions options) {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryPlan.class);
    private static final int O_DIRECT = 040000;

    /**
     * What is best for this service on this kernel, as far as the operator leaves it open.
     *
     * @throws IOException if the operator asked for a pre-copy, and this service or kernel does not allow one
     */
    static MemoryPlan of(MoveOptions options, Capsule capsule) throws IOException {
        if (options.mode() == MemoryMode.STOP) {
            return new MemoryPlan(false, "asked for", options);
        }
        String obstacle = obstacle(capsule);
        if (obstacle.isEmpty()) {
            return new MemoryPlan(
                    true, options.mode() == MemoryMode.PRE_COPY ? "asked for" : "the shortest pause", options);
        }
        if (options.mode() == MemoryMode.PRE_COPY) {
            throw new IOException(obstacle + "; use --mode stop");
        }
        return new MemoryPlan(false, obstacle, options);
    }

    /** Why writes to this service's memory could go unseen; empty if they cannot. */
    private static String obstacle(Capsule capsule) {
        try {
            KernelFeatures kernel = KernelFeatures.probe();
            if (!kernel.userfaultfdWpAsync() || !kernel.pagemapScan()) {
                return "this kernel cannot tell which pages were written (Linux 6.7 can)";
            }
            for (int pid : capsule.cgroup().procs()) {
                try {
                    for (Procfs.Descriptor descriptor : Procfs.descriptors(pid)) {
                        // The device writes into pages that were locked for it before, past all protection.
                        if ((descriptor.flags() & O_DIRECT) != 0) {
                            return "process " + pid + " reads " + descriptor.target()
                                    + " with O_DIRECT, and such reads write to memory unseen";
                        }
                    }
                } catch (NoSuchProcessException e) {
                    LOG.debug("pid={} ended meanwhile", pid);
                }
            }
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException("service " + capsule.service() + " cannot be looked at", e);
        }
    }
}
