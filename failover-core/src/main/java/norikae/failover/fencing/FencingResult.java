package norikae.failover.fencing;

/** How an attempt to stop a server ended; immutable. */
public sealed interface FencingResult {

    /**
     * Nothing of it can run any more.
     *
     * @param how one line for the log and the operator, such as {@code redfish https://10.0.0.9: PowerState Off}; no
     *     secrets
     */
    record Confirmed(ProofKind kind, String how) implements FencingResult {}

    /**
     * Nothing is proved: it may be off, or may run on.
     *
     * @param why one line: what failed and, if it is known, the remedy; no secrets
     */
    record Unproven(String why) implements FencingResult {}
}
