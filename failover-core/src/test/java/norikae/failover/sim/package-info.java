/**
 * A whole cluster in one thread: the pure core of {@code norikae.failover.member} and {@code norikae.failover.model} as it is,
 * and around it everything else as a model with faults drawn from a seed. {@link norikae.failover.sim.SimulationTest} says how
 * to run it and how to replay a seed.
 */
@NullMarked
package norikae.failover.sim;

import org.jspecify.annotations.NullMarked;
