package norikae.failover.model;

import java.util.List;

/**
 * How the cluster shall treat a service when something goes wrong; immutable.
 *
 * @param failover whether it is started elsewhere when its node has died for certain
 * @param prefers nodes on which it shall rather run, the best first; others only if none of these can
 * @param after services that must be running before this one is started
 * @param with services on whose node it must run
 * @param apart services on whose node it must not run
 * @param failback whether it goes back to a better node of {@code prefers} when that has returned
 * @param restarts how often it is started again in place within {@code restartWindowSeconds}, before it fails over
 */
public record ServicePolicy(
        boolean failover,
        List<NodeId> prefers,
        List<ServiceName> after,
        List<ServiceName> with,
        List<ServiceName> apart,
        boolean failback,
        int restarts,
        int restartWindowSeconds) {

    public static final int RESTART_WINDOW_SECONDS_DEFAULT = 600;

    /** Fails over, anywhere; a service that ends by itself stays failed, as the operator may want to see why. */
    public static final ServicePolicy DEFAULT = new ServicePolicy(
            true, List.of(), List.of(), List.of(), List.of(), false, 0, RESTART_WINDOW_SECONDS_DEFAULT);

    public ServicePolicy {
        prefers = List.copyOf(prefers);
        after = List.copyOf(after);
        with = List.copyOf(with);
        apart = List.copyOf(apart);
        if (restarts < 0 || restartWindowSeconds < 1) {
            throw new IllegalArgumentException("restarts " + restarts + " within " + restartWindowSeconds
                    + " s is out of range: use 0 or more within 1 s or more");
        }
        requireDistinct("prefers", prefers);
        requireDistinct("after", after);
        requireDistinct("with", with);
        requireDistinct("apart", apart);
        for (ServiceName other : with) {
            if (apart.contains(other)) {
                throw new IllegalArgumentException("service " + other
                        + " stands in 'with' and in 'apart': it cannot be both on the same node and on another");
            }
        }
    }

    private static void requireDistinct(String what, List<?> names) {
        for (int i = 0; i < names.size(); i++) {
            if (names.indexOf(names.get(i)) < i) {
                throw new IllegalArgumentException("'" + names.get(i) + "' stands twice in '" + what + "': remove one");
            }
        }
    }
}
