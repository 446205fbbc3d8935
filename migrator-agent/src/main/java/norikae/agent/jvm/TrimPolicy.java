package norikae.agent.jvm;

/** Whether a JVM is made smaller before it moves. */
public enum TrimPolicy {
    /** What costs the service nothing always; a garbage collection only where it ought to fit into the pause budget. */
    AUTO,
    /** A garbage collection, however long it takes. */
    GC,
    /** The JVM is not spoken to. */
    OFF
}
