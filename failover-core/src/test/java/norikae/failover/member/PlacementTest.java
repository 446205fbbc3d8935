package norikae.failover.member;

import static norikae.failover.member.Clusters.NODE_A;
import static norikae.failover.member.Clusters.NODE_B;
import static norikae.failover.member.Clusters.NODE_C;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import org.junit.jupiter.api.Test;

/** A shop is lost with node-a, and another service may stand in the way. */
class PlacementTest {

    private static final ServiceName SHOP = new ServiceName("shop");
    private static final ServiceName OTHER = new ServiceName("other");

    private static ServicePolicy policy(
            boolean failover,
            List<NodeId> prefers,
            List<ServiceName> after,
            List<ServiceName> with,
            List<ServiceName> apart) {
        return new ServicePolicy(failover, prefers, after, with, apart, true, 0, 600);
    }

    private static ServicePolicy prefers(NodeId... nodes) {
        return policy(true, List.of(nodes), List.of(), List.of(), List.of());
    }

    private static ClusterState running(
            ClusterState state, ServiceName name, int address, ServicePolicy policy, NodeId on) {
        return Clusters.apply(
                state,
                new Command.DefineService(Clusters.spec(name, address, policy), on, 0),
                new Command.ReportService(name, on, Epoch.FIRST, ServiceRecord.Phase.RUNNING, "", 0));
    }

    private static ClusterState shopLost(ServicePolicy policy, ServicePolicy other, NodeId otherOn) {
        return Clusters.apply(
                running(running(Clusters.up(7), OTHER, 1, other, otherOn), SHOP, 2, policy, NODE_A),
                new Command.BeginFencing(NODE_A, 7, "node-c", "silent", 0),
                new Command.RecordFenced(
                        NODE_A, 7, norikae.failover.fencing.ProofKind.CONFIRMED_OFF, "node-c", "off", 0));
    }

    private static java.util.Optional<NodeId> chosen(ClusterState state) {
        return Placement.choose(state, shop(state), node -> false);
    }

    private static ServiceRecord shop(ClusterState state) {
        return state.service(SHOP).orElseThrow();
    }

    @Test
    void itGoesToTheNodeWithTheFewestServices() {
        assertThat(chosen(shopLost(ServicePolicy.DEFAULT, ServicePolicy.DEFAULT, NODE_B)))
                .contains(NODE_C);
    }

    @Test
    void aPreferredNodeComesBeforeAnIdleOne() {
        assertThat(chosen(shopLost(prefers(NODE_A, NODE_B), ServicePolicy.DEFAULT, NODE_B)))
                .contains(NODE_B);
    }

    @Test
    void itKeepsApartFromAServiceThatItMustNotMeet() {
        ServicePolicy apart = policy(true, List.of(NODE_B), List.of(), List.of(), List.of(OTHER));

        assertThat(chosen(shopLost(apart, ServicePolicy.DEFAULT, NODE_B))).contains(NODE_C);
    }

    @Test
    void itKeepsApartFromAServiceThatMustNotMeetIt() {
        ServicePolicy apart = policy(true, List.of(), List.of(), List.of(), List.of(SHOP));

        assertThat(chosen(shopLost(prefers(NODE_B), apart, NODE_B))).contains(NODE_C);
    }

    @Test
    void itStaysWithAServiceThatItNeedsOnItsNode() {
        ServicePolicy with = policy(true, List.of(NODE_C), List.of(), List.of(OTHER), List.of());

        assertThat(chosen(shopLost(with, ServicePolicy.DEFAULT, NODE_B))).contains(NODE_B);
    }

    @Test
    void oneThatMayNotFailOverWaitsForItsNode() {
        ServicePolicy bound = policy(false, List.of(), List.of(), List.of(), List.of());
        ClusterState lost = shopLost(bound, ServicePolicy.DEFAULT, NODE_B);
        assertThat(chosen(lost)).isEmpty();

        assertThat(chosen(Clusters.apply(lost, new Command.NodeUp(NODE_A, 8, 0))))
                .contains(NODE_A);
    }

    @Test
    void aNodeOnWhichItDidNotStartIsNotTriedAgain() {
        ClusterState lost = shopLost(ServicePolicy.DEFAULT, ServicePolicy.DEFAULT, NODE_B);
        ClusterState again = Clusters.apply(
                lost,
                new Command.TakeOver(SHOP, Epoch.FIRST, NODE_C, "", 0),
                new Command.ReportService(SHOP, NODE_C, new Epoch(2), ServiceRecord.Phase.FAILED, "no port", 0));

        assertThat(shop(again).phase()).isEqualTo(ServiceRecord.Phase.LOST);
        assertThat(chosen(again)).contains(NODE_B);
    }

    @Test
    void aNodeInMaintenanceOrBelievedSilentTakesNothing() {
        ClusterState lost = shopLost(ServicePolicy.DEFAULT, ServicePolicy.DEFAULT, NODE_B);
        ClusterState maintained = Clusters.apply(lost, new Command.SetMaintenance(NODE_C, true, 0));

        assertThat(chosen(maintained)).contains(NODE_B);
        assertThat(Placement.choose(maintained, shop(maintained), NODE_B::equals))
                .isEmpty();
    }

    @Test
    void itWaitsForTheServicesThatMustRunBeforeIt() {
        ServicePolicy after = policy(true, List.of(), List.of(OTHER, new ServiceName("unknown")), List.of(), List.of());
        ClusterState lost = shopLost(after, ServicePolicy.DEFAULT, NODE_A);

        assertThat(Placement.awaited(lost, shop(lost))).containsExactly(OTHER);
    }

    @Test
    void itGoesBackOnlyToABetterNodeThatIsUp() {
        ClusterState state = running(Clusters.up(7), SHOP, 2, prefers(NODE_A, NODE_B), NODE_B);
        assertThat(Placement.better(state, shop(state), node -> false)).contains(NODE_A);
        assertThat(Placement.better(state, shop(state), NODE_A::equals)).isEmpty();

        ClusterState home = running(Clusters.up(7), SHOP, 2, prefers(NODE_A, NODE_B), NODE_A);
        assertThat(Placement.better(home, shop(home), node -> false)).isEmpty();
    }
}
