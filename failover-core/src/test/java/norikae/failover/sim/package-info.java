/**
 * A whole cluster in one thread: the pure core of failover with the real rules of the log, and around them simulated clocks,
 * network, power, agents, fencing devices and clients that fail in every way that we know. One seed is one run; see {@link
 * norikae.failover.sim.SimulationTest}.
 */
@NullMarked
package norikae.failover.sim;

import org.jspecify.annotations.NullMarked;
