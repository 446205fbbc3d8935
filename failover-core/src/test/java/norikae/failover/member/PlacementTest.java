package norikae.failover.member;

import static norikae.failover.member.Nodes.A;
import static norikae.failover.member.Nodes.B;
import static norikae.failover.member.Nodes.BOOT;
import static norikae.failover.member.Nodes.C;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import norikae.failover.fencing.ProofKind;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import org.junit.jupiter.api.Test;

class PlacementTest {

    private static final ServiceName LEDGER = new ServiceName("ledger");
    private static final ServiceName DATA = new ServiceName("data");

    private ClusterState state = Nodes.up();

    @Test
    void itGoesToTheNodeWithTheFewestServices() {
        state = Nodes.with(state, "data", B, ServicePolicy.DEFAULT);
        lostOnA(ServicePolicy.DEFAULT);
        assertThat(choice()).contains(C);
    }

    @Test
    void aPreferredNodeComesFirst() {
        lostOnA(policy(true, List.of(C, B), List.of(), List.of()));
        assertThat(choice()).contains(C);
    }

    @Test
    void nodesThatDoNotWorkOrAreInMaintenanceAreLeftOut() {
        lostOnA(policy(true, List.of(C), List.of(), List.of()));
        state = Nodes.after(state, new Command.SetMaintenance(C, true, 0));
        assertThat(choice()).contains(B);
        assertThat(Placement.choose(state, ledger(), B::equals)).isEmpty();
    }

    @Test
    void itStaysWithWhatItMustBeWith() {
        state = Nodes.with(state, "data", C, ServicePolicy.DEFAULT);
        lostOnA(policy(true, List.of(B), List.of(DATA), List.of()));
        assertThat(Placement.awaited(state, ledger())).containsExactly(DATA);
        assertThat(choice()).contains(C);
    }

    @Test
    void itKeepsAwayFromWhatItMustBeApartFromAndTheOtherWayRound() {
        state = Nodes.with(state, "data", B, policy(true, List.of(), List.of(), List.of(LEDGER)));
        lostOnA(policy(true, List.of(B), List.of(), List.of()));
        assertThat(choice()).contains(C);
    }

    @Test
    void aServiceThatDoesNotFailOverWaitsForItsNode() {
        lostOnA(policy(false, List.of(), List.of(), List.of()));
        assertThat(choice()).isEmpty();
        state = Nodes.after(state, new Command.NodeUp(A, BOOT + 1, 0));
        assertThat(choice()).contains(A);
    }

    @Test
    void aNodeOnWhichItDidNotStartIsNotTriedAgain() {
        lostOnA(ServicePolicy.DEFAULT);
        state = Nodes.after(state, new Command.TakeOver(LEDGER, Epoch.FIRST, B, "", 0));
        state = Nodes.after(
                state, new Command.ReportService(LEDGER, B, new Epoch(2), ServiceRecord.Phase.FAILED, "broken", 0));
        assertThat(ledger().phase()).isEqualTo(ServiceRecord.Phase.LOST);
        assertThat(choice()).contains(C);
    }

    private void lostOnA(ServicePolicy policy) {
        state = Nodes.with(state, "ledger", A, policy);
        state = Nodes.fencing(state, A);
        state = Nodes.after(state, new Command.RecordFenced(A, BOOT, ProofKind.CONFIRMED_OFF, "test", "off", 0));
    }

    private java.util.Optional<NodeId> choice() {
        return Placement.choose(state, ledger(), _ -> false);
    }

    private ServiceRecord ledger() {
        return state.service(LEDGER).orElseThrow();
    }

    private static ServicePolicy policy(
            boolean failover, List<NodeId> prefers, List<ServiceName> with, List<ServiceName> apart) {
        return new ServicePolicy(failover, prefers, List.of(), with, apart, false, 0, 600);
    }
}
