package norikae.failover.fencing;

/** Why nothing of a server can run any more. */
public enum ProofKind {
    /** A device outside the server has said that it is off, or has been reset since it was asked to. */
    CONFIRMED_OFF,
    /** So much time has gone by that the server's own watchdog has certainly stopped it. */
    WATCHDOG_ELAPSED,
    /** An operator has looked, and gave his word. */
    OPERATOR
}
