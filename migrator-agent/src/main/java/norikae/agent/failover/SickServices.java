package norikae.agent.failover;

import norikae.agent.monitor.MonitorListener;
import norikae.failover.model.Epoch;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServiceName;

/** Does what monitors want. Thread-safe. */
public final class SickServices implements MonitorListener {

    private final ServiceKeeper keeper;
    private final FailoverDriver driver;

    public SickServices(ServiceKeeper keeper, FailoverDriver driver) {
        this.keeper = keeper;
        this.driver = driver;
    }

    @Override
    public void wants(ServiceName service, Epoch epoch, Reaction reaction, String reason) {
        try {
            switch (reaction) {
                case RESTART -> keeper.restart(service, epoch, reason);
                case FAILOVER -> keeper.leave(service, epoch, reason);
                case STOP_NODE -> driver.stopNode("service " + service + ": " + reason);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
