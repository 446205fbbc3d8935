package norikae.agent.move;

import java.io.IOException;
import java.io.UncheckedIOException;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.capsule.Capsule;
import norikae.linux.KernelFeatures;
import norikae.linux.NoSuchProcessException;
import norikae.linux.Procfs;
import norikae.transfer.memory.MemorySender.Watch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the memory of one move travels.
 *
 * @param watch how pages are found that have to travel again
 * @param reason why, for people
 */
record MemoryPlan(Way way, Watch watch, String reason, MoveOptions options) {

    /** What happens with private memory. */
    enum Way {
        /** It is CRIU's, like the rest. */
        STOP,
        /** It goes ahead in rounds; what is left when they do not shrink goes while the service stands still. */
        PRE_COPY,
        /** The same, but what is left goes after the service runs on the target. */
        PRE_COPY_THEN_HYBRID,
        /** All of it goes after the service runs on the target. */
        HYBRID
    }

    private static final Logger LOG = LoggerFactory.getLogger(MemoryPlan.class);
    private static final int O_DIRECT = 040000;

    /**
     * What is best for this service on this kernel, as far as the operator leaves it open.
     *
     * @throws IOException if the operator asked for what this service or kernel does not allow
     */
    static MemoryPlan of(MoveOptions options, Capsule capsule) throws IOException {
        MemoryMode asked = options.mode();
        if (asked == MemoryMode.STOP) {
            return new MemoryPlan(Way.STOP, Watch.WRITES, "asked for", options);
        }
        boolean hybrid = capsule.spec().hybridMoves();
        if (asked == MemoryMode.HYBRID && !hybrid) {
            throw new IOException(
                    "service " + capsule.service() + " does not allow hybrid moves, in which it depends on"
                            + " both nodes for a while; add 'hybridMoves: true' to its spec, or use another --mode");
        }
        KernelFeatures kernel = KernelFeatures.probe();
        if (!kernel.userfaultfdWpAsync() || !kernel.pagemapScan()) {
            String obstacle = "this kernel cannot tell which pages were written (Linux 6.7 can)";
            if (asked != MemoryMode.AUTO) {
                throw new IOException(obstacle + "; use --mode stop");
            }
            return new MemoryPlan(Way.STOP, Watch.WRITES, obstacle, options);
        }
        if (asked == MemoryMode.HYBRID) {
            return new MemoryPlan(Way.HYBRID, Watch.WRITES, "asked for", options);
        }
        String unseen = unseenWrites(capsule);
        return new MemoryPlan(
                // Where all is compared, all is pending to the end, and would only go twice.
                hybrid && asked == MemoryMode.AUTO && unseen.isEmpty() ? Way.PRE_COPY_THEN_HYBRID : Way.PRE_COPY,
                unseen.isEmpty() ? Watch.WRITES : Watch.CONTENT,
                (asked == MemoryMode.PRE_COPY ? "asked for" : "the shortest pause")
                        + (unseen.isEmpty() ? "" : "; all pages are compared, because " + unseen),
                options);
    }

    /** As it is told. */
    MemoryMode mode() {
        return switch (way) {
            case STOP -> MemoryMode.STOP;
            case PRE_COPY, PRE_COPY_THEN_HYBRID -> MemoryMode.PRE_COPY;
            case HYBRID -> MemoryMode.HYBRID;
        };
    }

    /** Whether pages come one by one, in any order. */
    boolean stored() {
        return way != Way.STOP;
    }

    /** Why writes to this service's memory could go unseen by the kernel's tracking; empty if they cannot. */
    private static String unseenWrites(Capsule capsule) {
        try {
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
