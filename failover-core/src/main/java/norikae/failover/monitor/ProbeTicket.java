package norikae.failover.monitor;

/**
 * Leave to probe once; its result comes back with it.
 *
 * @param number grows from probe to probe of one monitor
 * @param deadlineMillis when it counts as failed, on the clock that the machine is told
 */
public record ProbeTicket(long number, long deadlineMillis) {}
