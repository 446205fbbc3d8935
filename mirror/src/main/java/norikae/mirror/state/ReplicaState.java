package norikae.mirror.state;

/**
 * How a replica stands to its primary.
 *
 * <table>
 * <caption>What each state means</caption>
 * <tr><th>state</th><th>the replica holds</th><th>new writes go</th><th>acknowledging waits for it (sync, semi-sync)</th></tr>
 * <tr><td>{@code DETACHED}</td><td>an earlier state</td><td>into its map</td><td>no</td></tr>
 * <tr><td>{@code PAUSED} (async)</td><td>an earlier state</td><td>into its history</td><td>-</td></tr>
 * <tr><td>{@code LOSING}</td><td>all that was acknowledged</td><td>into its map</td>
 *     <td>yes, until the cluster has noted that it falls behind</td></tr>
 * <tr><td>{@code RESYNCING}</td><td>a mixture, and says so</td><td>to it</td><td>no</td></tr>
 * <tr><td>{@code STREAMING}</td><td>the newest state (async: an earlier one)</td><td>to it</td><td>yes</td></tr>
 * <tr><td>{@code REFUSED}</td><td>whatever it held</td><td>into its map</td><td>no</td></tr>
 * <tr><td>{@code CLOSED}</td><td>whatever it held</td><td>there are none</td><td>no</td></tr>
 * </table>
 */
public enum ReplicaState {
    /** Not connected, or in the greeting; tried again and again. */
    DETACHED,
    /** Asynchronous and not connected, its history kept; it goes on from where it stopped. */
    PAUSED,
    /** A synchronous one has just been lost. */
    LOSING,
    /** Being brought up to date. */
    RESYNCING,
    /** Gets every write in order. */
    STREAMING,
    /** Cannot go on without an operator. */
    REFUSED,
    /** The volume is no longer open here. */
    CLOSED
}
