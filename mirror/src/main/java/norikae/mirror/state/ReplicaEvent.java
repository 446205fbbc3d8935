package norikae.mirror.state;

/** What can happen to a replica, as its primary sees it. */
public enum ReplicaEvent {
    /** Greeted; its history goes on where it broke off. */
    RESUMED,
    /** Greeted; blocks have to be brought up to date first. */
    RESYNC_NEEDED,
    /** The replica has confirmed the end of a resync, on stable storage. */
    RESYNCED,
    /** The connection is gone, or the replica said that it can go no further. */
    LOST,
    /** The cluster has noted that the replica falls behind. */
    LOSS_NOTED,
    /** The history has no more room and must not hold writes up. */
    OVERRUN,
    /** The two copies must not be joined. */
    REFUSED,
    /** The volume is being closed. */
    CLOSE
}
