package norikae.failover.model;

/**
 * One node's copy of a volume, as the volume's primary last told of it.
 *
 * @param mode what a write waits for, as far as this copy is concerned; of no meaning for the primary's own
 * @param standing what the copy is worth
 * @param report number of the report that said so; older ones that arrive later are not believed
 * @param detail why it is behind, or empty
 */
public record VolumeCopy(ReplicationMode mode, Standing standing, long report, String detail) {

    /** Whether a node may become primary with this copy. */
    public enum Standing {
        /** It has every write that was acknowledged, and the primary acknowledges none without it. */
        IN_SYNC,
        /** It lacks acknowledged writes, or may: whoever goes on with it loses them, and must say so. */
        BEHIND
    }

    VolumeCopy with(Standing newStanding, long newReport, String newDetail) {
        return new VolumeCopy(mode, newStanding, newReport, newDetail);
    }
}
