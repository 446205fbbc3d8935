/**
 * The drivers of failover: they bring heartbeats to the pure core in {@code norikae.failover.member}, carry out what it
 * decides, and start, restart and give away the services of this node. What a decision is belongs there, how it is done
 * here.
 */
@NullMarked
package norikae.agent.failover;

import org.jspecify.annotations.NullMarked;
