package norikae.failover.model;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One node's copy of a volume, as the volume's primary last told of it. Nodes that name the same shared storage have one copy
 * between them, and at most one of them has it open at a time.
 *
 * @param mode what a write waits for, as far as this copy is concerned; of no meaning for the primary's own
 * @param standing what the copy is worth
 * @param report number of the report that said so; older ones that arrive later are not believed
 * @param detail why it is behind, or empty
 * @param shared the storage on which it lies, as each node that reaches it calls it; {@code null} means the node's own disk
 */
public record VolumeCopy(
        ReplicationMode mode,
        Standing standing,
        long report,
        String detail,
        @Nullable String shared) {

    private static final Pattern SHARED = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    public VolumeCopy {
        if (shared != null) {
            checkShared(shared);
        }
    }

    /** One on the node's own disk. */
    public VolumeCopy(ReplicationMode mode, Standing standing, long report, String detail) {
        this(mode, standing, report, detail, null);
    }

    /** @throws IllegalArgumentException it cannot be the name of a shared storage */
    public static String checkShared(String name) {
        if (!SHARED.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "'" + name + "' cannot be the name of a shared storage: use a-z, 0-9 and -,"
                            + " at most 63 of them, such as san1");
        }
        return name;
    }

    /** Whether a node may become primary with this copy. */
    public enum Standing {
        /** It has every write that was acknowledged, and the primary acknowledges none without it. */
        IN_SYNC,
        /** It lacks acknowledged writes, or may: whoever goes on with it loses them, and must say so. */
        BEHIND
    }

    VolumeCopy with(Standing newStanding, long newReport, String newDetail) {
        return new VolumeCopy(mode, newStanding, newReport, newDetail, shared);
    }
}
