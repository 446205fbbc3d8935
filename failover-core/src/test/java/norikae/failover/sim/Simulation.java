package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import norikae.failover.member.Placement;
import norikae.failover.model.ClusterState;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.ServiceRecord;
import org.jspecify.annotations.Nullable;

/** One seed from its first fault to the calm after the last one. Confined to one thread. */
final class Simulation {

    private static final long CALM_NANOS_MAX = 60 * Timeline.SECOND;
    private static final long BETWEEN_LOOKS_NANOS = Timeline.SECOND / 4;

    private static final int LINGERS_EVERY = 16;

    /**
     * How it ended.
     *
     * @param failure what was violated; {@code null} if all went well
     * @param answers how many writes clients were told to be kept
     */
    record Result(SimOptions options, @Nullable String failure, int answers) {}

    private Simulation() {}

    /** @param reader gets one line per transition */
    static Result run(long seed, Plant plant, @Nullable Consumer<String> reader) {
        SimOptions options = SimOptions.of(seed);
        Cluster cluster = new Cluster(options, plant, reader);
        try {
            cluster.faults.start();
            until(cluster, cluster.time.now() + options.faultSeconds() * Timeline.SECOND);
            cluster.heal();
            String missing = untilAllIsWell(cluster);
            if (missing == null && seed % LINGERS_EVERY == 0) { // and whatever is well stays so
                until(cluster, cluster.time.now() + 2 * cluster.grace());
                missing = untilAllIsWell(cluster);
            }
            return new Result(options, missing, cluster.checks.answers());
        } catch (Violation e) {
            return new Result(options, e.getMessage(), cluster.checks.answers());
        }
    }

    private static void until(Cluster cluster, long nanos) {
        while (cluster.time.step(nanos)) {
            // everything that must hold is checked where it could break
        }
    }

    private static @Nullable String untilAllIsWell(Cluster cluster) {
        long end = cluster.time.now() + CALM_NANOS_MAX;
        int well = 0;
        List<String> missing = List.of();
        while (cluster.time.now() < end) {
            until(cluster, cluster.time.now() + BETWEEN_LOOKS_NANOS);
            missing = missing(cluster);
            well = missing.isEmpty() ? well + 1 : 0;
            if (well >= 3) {
                return null;
            }
        }
        return "a minute after the last fault: " + missing;
    }

    private static List<String> missing(Cluster cluster) {
        List<String> missing = new ArrayList<>();
        ClusterState state = cluster.raft.newest();
        for (SimNode node : cluster.nodes) {
            boolean up = state.healthOf(node.id)
                    .filter(h -> h.boot() == node.boot() && h.phase() == NodeHealth.Phase.UP)
                    .isPresent();
            if (!up || !node.gateIsOpen()) {
                missing.add("node " + node.id + " has no lease: " + state.healthOf(node.id));
            }
        }
        for (MoveRecord move : state.moves().values()) {
            if (!move.phase().ended()) {
                missing.add("a move does not end: " + move);
            }
        }
        for (ServiceRecord service : state.services().values()) {
            Copy copy = cluster.node(service.owner()).copies.get(service.spec().name());
            boolean runs = service.phase() == ServiceRecord.Phase.RUNNING
                    && copy != null
                    && copy.state == Copy.State.RUNNING
                    && copy.epoch.equals(service.epoch());
            boolean runsUnknown = service.phase() == ServiceRecord.Phase.FAILED && copy != null;
            if (runsUnknown || (!runs && !mayStand(service, state))) {
                missing.add("service " + service.spec().name() + " is " + service.phase() + " on " + service.owner()
                        + ", tried " + service.tried() + ", there: " + copy);
            }
        }
        int leader = cluster.raft.leaderIndex();
        SimAgent agent = leader < 0 ? null : cluster.nodes.get(leader).agent();
        if (agent == null) {
            missing.add("nobody leads the log");
        } else if (missing.isEmpty()) {
            agent.core().alarms(cluster.nodes.get(leader).now()).stream()
                    .filter(a -> state.services().values().stream().noneMatch(s -> mayStand(s, state)))
                    .forEach(a -> missing.add("alarm " + a.kind() + ": " + a.text()));
        }
        return missing;
    }

    /** A service that has failed by itself everywhere is the operator's, and so is what waits for it. */
    private static boolean mayStand(ServiceRecord service, ClusterState state) {
        boolean failedWhereItMayRun = service.tried() != null
                && Placement.choose(state, service, _ -> false).isEmpty();
        return service.phase() == ServiceRecord.Phase.FAILED
                || (service.phase() == ServiceRecord.Phase.LOST && failedWhereItMayRun)
                || (service.phase() == ServiceRecord.Phase.LOST
                        && Placement.awaited(state, service).stream().anyMatch(n -> state.service(n)
                                .filter(s -> mayStand(s, state))
                                .isPresent()));
    }
}
