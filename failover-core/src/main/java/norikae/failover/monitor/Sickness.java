package norikae.failover.monitor;

import norikae.failover.model.Reaction;

/**
 * A monitor has found its service sick.
 *
 * @param reason one line for the operator: which monitor, what it saw, how often
 */
public record Sickness(Reaction reaction, String reason) {}
