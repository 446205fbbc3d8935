/**
 * What follows from what monitors see: pure decisions, without I/O, clocks or threads.
 *
 * <p>{@link norikae.failover.monitor.MonitorState} is the machine of one monitor; it says when to probe, takes what probes
 * found, and says when enough is enough. {@link norikae.failover.monitor.RestartBudget} says whether a sick service may be
 * started again where it is. What a monitor shall look at stands in the service's spec ({@link
 * norikae.failover.model.MonitorSpec}); the agent runs the probes.
 */
@NullMarked
package norikae.failover.monitor;

import org.jspecify.annotations.NullMarked;
