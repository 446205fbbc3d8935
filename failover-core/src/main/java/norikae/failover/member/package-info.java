/**
 * Who is alive, who may run services, and what follows when somebody is not: the pure core of failover. No I/O, no clock, no
 * threads; time is an argument, and what is to be done comes back as {@link norikae.failover.member.Action}s. The drivers
 * in {@code norikae.agent.failover} carry them out, the simulator among the tests does so with every fault that it knows.
 *
 * <p>All times are nanoseconds on one node's own {@code CLOCK_BOOTTIME}; those of different nodes are never compared.
 * {@code docs/protocol.md} has leases, suspicion and takeover as tables.
 */
@NullMarked
package norikae.failover.member;

import org.jspecify.annotations.NullMarked;
