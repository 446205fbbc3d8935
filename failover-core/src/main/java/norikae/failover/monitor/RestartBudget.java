package norikae.failover.monitor;

import java.util.ArrayDeque;
import java.util.Deque;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServicePolicy;

/**
 * Whether a service that is sick, or has ended by itself, is started again where it is: so often as its policy allows within
 * its window, which slides. Then it fails over if it may; otherwise it stays failed.
 *
 * <p>Times are milliseconds of one clock that never goes back. Confined to its caller's lock. It counts the starts on one
 * node and forgets them with the agent, which at worst gives a service its budget twice.
 */
public final class RestartBudget {

    /** What to do. */
    public enum Step {
        RESTART,
        FAILOVER,
        /** It stays failed, for an operator to look at. */
        GIVE_UP,
        STOP_NODE
    }

    private final ServicePolicy policy;
    private final Deque<Long> restarts = new ArrayDeque<>();

    public RestartBudget(ServicePolicy policy) {
        this.policy = policy;
    }

    /** Whether it counts by this policy: a service can be run anew under another one. */
    public boolean isOf(ServicePolicy other) {
        return policy.equals(other);
    }

    /** What follows from {@code wanted}; a restart that it allows is counted. */
    public Step spend(Reaction wanted, long nowMillis) {
        return switch (wanted) {
            case STOP_NODE -> Step.STOP_NODE;
            case FAILOVER -> elsewhere();
            case RESTART -> restart(nowMillis);
        };
    }

    /** How many restarts are left now. */
    public int left(long nowMillis) {
        forget(nowMillis);
        return policy.restarts() - restarts.size();
    }

    private Step restart(long nowMillis) {
        if (left(nowMillis) <= 0) {
            return elsewhere();
        }
        restarts.addLast(nowMillis);
        return Step.RESTART;
    }

    private Step elsewhere() {
        return policy.failover() ? Step.FAILOVER : Step.GIVE_UP;
    }

    private void forget(long nowMillis) {
        long windowMillis = policy.restartWindowSeconds() * 1_000L;
        while (!restarts.isEmpty() && nowMillis - restarts.peekFirst() >= windowMillis) {
            restarts.removeFirst();
        }
    }
}
