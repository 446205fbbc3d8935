package norikae.failover.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServicePolicy;
import norikae.failover.monitor.RestartBudget.Step;
import org.junit.jupiter.api.Test;

class RestartBudgetTest {

    private static ServicePolicy policy(boolean failover, int restarts) {
        return new ServicePolicy(failover, List.of(), List.of(), List.of(), List.of(), false, restarts, 60);
    }

    @Test
    void aServiceIsStartedAgainAsOftenAsItsPolicyAllowsAndThenFailsOver() {
        RestartBudget budget = new RestartBudget(policy(true, 2));

        assertThat(budget.spend(Reaction.RESTART, 0)).isEqualTo(Step.RESTART);
        assertThat(budget.spend(Reaction.RESTART, 1_000)).isEqualTo(Step.RESTART);
        assertThat(budget.spend(Reaction.RESTART, 2_000)).isEqualTo(Step.FAILOVER);
    }

    @Test
    void theWindowSlides() {
        RestartBudget budget = new RestartBudget(policy(true, 2));
        assertThat(budget.spend(Reaction.RESTART, 0)).isEqualTo(Step.RESTART);
        assertThat(budget.spend(Reaction.RESTART, 30_000)).isEqualTo(Step.RESTART);

        assertThat(budget.left(59_999)).isZero();
        assertThat(budget.left(60_000)).isEqualTo(1);
        assertThat(budget.spend(Reaction.RESTART, 60_000)).isEqualTo(Step.RESTART);
        assertThat(budget.spend(Reaction.RESTART, 60_001)).isEqualTo(Step.FAILOVER);
    }

    @Test
    void aServiceThatMayNotFailOverStaysFailed() {
        RestartBudget budget = new RestartBudget(policy(false, 1));

        assertThat(budget.spend(Reaction.FAILOVER, 0)).isEqualTo(Step.GIVE_UP);
        assertThat(budget.spend(Reaction.RESTART, 0)).isEqualTo(Step.RESTART);
        assertThat(budget.spend(Reaction.RESTART, 0)).isEqualTo(Step.GIVE_UP);
    }

    @Test
    void byDefaultNothingIsStartedAgainInPlace() {
        assertThat(new RestartBudget(ServicePolicy.DEFAULT).spend(Reaction.RESTART, 0))
                .isEqualTo(Step.FAILOVER);
    }

    @Test
    void stoppingTheNodeCostsNothing() {
        RestartBudget budget = new RestartBudget(policy(true, 1));

        assertThat(budget.spend(Reaction.STOP_NODE, 0)).isEqualTo(Step.STOP_NODE);
        assertThat(budget.left(0)).isEqualTo(1);
    }
}
