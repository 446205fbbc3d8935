package norikae.failover.sim;

/** A bug that is put in on purpose, to see that the simulation finds it. */
enum Plant {
    NONE,
    /** The holder counts its lease from when the grant came, not from when it sent what was granted. */
    LEASE_COUNTED_FROM_RECEIPT,
    /** A voter says of what it refuses that its last grant is older than it is. */
    REFUSAL_TOO_OLD,
    /** A node goes on, and feeds its watchdog, when its lease has run out. */
    LEASE_IGNORED,
    /** One node sends most of its heartbeats to nobody, and is fenced in a healthy cluster. */
    HEARTBEATS_TOO_SELDOM,
    /** Suspicion counts as proof. */
    SUSPICION_IS_PROOF,
    /** A fencer says that it has cut the power, and has not. */
    FENCER_LIES,
    /** Services live on when their node is given up, and it comes back with them. */
    SURVIVES_SURRENDER,
    /** The mirrored disk takes writes under an old epoch. */
    VOLUME_TAKES_STALE_EPOCHS,
    /** The log takes reports of a service without looking at their epoch. */
    REPORTS_WITHOUT_EPOCH,
    /** A source thaws as soon as it has waited long enough, without asking the log. */
    THAW_WITHOUT_ASKING
}
