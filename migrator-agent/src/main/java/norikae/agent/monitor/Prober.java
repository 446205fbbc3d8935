package norikae.agent.monitor;

import norikae.failover.monitor.ProbeResult;

/** Looks once. One call at a time. */
interface Prober extends AutoCloseable {

    /** @throws Exception as good as a result that is sick, with its message as text */
    ProbeResult probe() throws Exception;

    /** What holds on to something gives it back. */
    @Override
    default void close() {}
}
