package norikae.agent.daemon;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.failover.Devices;
import norikae.agent.failover.FailoverParts;
import norikae.agent.failover.ServerGuard;
import norikae.agent.failover.ServiceKeeper;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.Peers;
import norikae.agent.security.Identity;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.member.Action;
import norikae.failover.model.NodeRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Joins failover to the rest of the agent. Thread-safe. */
record AgentFailoverParts(
        NodeRecord me,
        Identity identity,
        List<Path> heartbeatDisks,
        ReplicatedLog log,
        Devices devices,
        ServiceKeeper keeper,
        ServerGuard guard,
        CapsuleManager capsules,
        Peers peers)
        implements FailoverParts {

    private static final Logger LOG = LoggerFactory.getLogger(AgentFailoverParts.class);

    /** As {@code CapsuleLink} names the node's ends of the links of services. */
    private static final String SERVICE_LINKS = "nk*";

    @Override
    public String serviceLinks() {
        return SERVICE_LINKS;
    }

    @Override
    public boolean servicesRun() {
        return capsules.isBusy();
    }

    @Override
    public void onUp() {
        keeper.nodeIsUp();
    }

    @Override
    public void killServices() throws IOException {
        keeper.killAll();
    }

    @Override
    public void moveBack(Action.MoveBack back) {
        MoveRequest request = MoveRequest.newBuilder()
                .setService(back.service().value())
                .setTo(back.to().value())
                .build();
        try {
            Iterator<MoveUpdate> updates = peers.cluster(back.owner()).migrateService(request);
            MoveUpdate last = MoveUpdate.getDefaultInstance();
            while (updates.hasNext()) {
                last = updates.next();
            }
            LOG.info(
                    "service={} moving back to {}: {}",
                    back.service(),
                    back.to(),
                    last.getResult().getMoved() ? "moved" : last.getResult().getReason());
        } catch (StatusRuntimeException | ApiException e) {
            LOG.info("service={} stays on {}: {}", back.service(), back.owner(), e.getMessage());
        }
    }
}
