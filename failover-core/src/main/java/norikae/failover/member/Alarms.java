package norikae.failover.member;

import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;

/** Puts what hinders a failover into words. Stateless. */
final class Alarms {

    private Alarms() {}

    static List<Alarm> of(Leader.Scene scene, NodeId self, boolean leads, Leader leader, PeerViews peers) {
        List<Alarm> alarms = new ArrayList<>();
        if (!scene.state().failover().enabled()) {
            return alarms;
        }
        for (NodeRecord node : scene.state().nodes().values()) {
            NodeHealth health = scene.state().health().get(node.id());
            if (health != null && health.phase() == NodeHealth.Phase.FENCING) {
                alarms.add(new Alarm(
                        Alarm.Kind.NO_PROOF,
                        node.id().value(),
                        "node " + node.id() + " is being fenced (" + health.detail()
                                + "), and nothing proves yet that it is stopped"
                                + leader.failureOf(node.id(), health.boot())
                                        .map(why -> ": " + why)
                                        .orElse(""),
                        "see that its fencing device works, or make sure that the server is off and say so with"
                                + " 'norikae node confirm-off " + node.id() + "'"));
            } else if (health != null && health.phase() == NodeHealth.Phase.FENCED) {
                alarms.add(new Alarm(
                        Alarm.Kind.NODE_FENCED,
                        node.id().value(),
                        "node " + node.id() + " was stopped for certain: " + health.detail(),
                        "find out why it failed, then start it; it joins by itself"));
            } else if (leads && !node.id().equals(self) && peers.silent(node.id(), scene.nowNanos())) {
                alarms.add(new Alarm(
                        Alarm.Kind.NODE_SILENT,
                        node.id().value(),
                        "node " + node.id() + " has sent no heartbeat for "
                                + peers.silenceNanos(node.id(), scene.nowNanos()) / 1_000_000 + " ms",
                        "see whether it is on, its agent runs, and its network works"));
            }
        }
        for (ServiceRecord service : scene.state().services().values()) {
            if (service.phase() == ServiceRecord.Phase.LOST) {
                alarms.add(ofLost(scene, service));
            }
        }
        return alarms;
    }

    private static Alarm ofLost(Leader.Scene scene, ServiceRecord service) {
        String name = service.spec().name().value();
        List<ServiceName> awaited = Placement.awaited(scene.state(), service);
        return awaited.isEmpty()
                ? new Alarm(
                        Alarm.Kind.SERVICE_HOMELESS,
                        name,
                        "service " + name + " runs nowhere (" + service.detail() + ") and no node may take it",
                        "start another node, or loosen the service's policy (prefers, with, apart, failover)")
                : new Alarm(
                        Alarm.Kind.SERVICE_WAITS,
                        name,
                        "service " + name + " waits for " + awaited + " to run",
                        "see why these do not run");
    }
}
