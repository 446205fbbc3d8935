/**
 * What the cluster knows: nodes, services, who owns which under what epoch, and the moves in flight.
 *
 * <p>Everything here is a value. {@link norikae.failover.model.ClusterState#apply} is the only way from one state to
 * the next; it is pure and deterministic, because every voter of the replicated log runs it on its own copy. Nothing
 * in this package does I/O or looks at a clock.
 */
@NullMarked
package norikae.failover.model;

import org.jspecify.annotations.NullMarked;
