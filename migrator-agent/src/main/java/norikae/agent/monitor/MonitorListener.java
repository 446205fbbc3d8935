package norikae.agent.monitor;

import norikae.failover.model.Epoch;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServiceName;

/** Learns that a service is sick. */
public interface MonitorListener {

    /**
     * A monitor wants {@code reaction} for the run of {@code service} under {@code epoch}. Called on a thread that may wait; for
     * one service not again before it has returned. As long as nothing is done and the service stays sick, it is called again
     * after each further probe.
     *
     * @param reason one line for the operator
     */
    void wants(ServiceName service, Epoch epoch, Reaction reaction, String reason);
}
