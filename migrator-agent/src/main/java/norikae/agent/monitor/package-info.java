/**
 * Looks after the services that run on this node: carries out the probes of their monitors and tells what follows.
 *
 * <p>{@link norikae.agent.monitor.Monitors} is the way in. When to probe and what a result means is decided by {@code
 * norikae.failover.monitor}; here are the probes. Each runs on a virtual thread of its own, which is interrupted when its
 * time is over; one that cannot be interrupted, such as a write to a disk that hangs, keeps its thread, and nothing is probed
 * anew before that has come back.
 */
@NullMarked
package norikae.agent.monitor;

import org.jspecify.annotations.NullMarked;
