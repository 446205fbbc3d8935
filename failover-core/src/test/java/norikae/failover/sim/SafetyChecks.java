package norikae.failover.sim;

import java.util.HashMap;
import java.util.Map;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;

/** What must hold at every instant, whatever fails. Looks at everything at once, as nobody in the cluster can. */
final class SafetyChecks {

    private final Cluster cluster;
    private final Map<ServiceName, Long> acknowledged = new HashMap<>();
    private final Map<ServiceName, Epoch> answered = new HashMap<>();
    private int answers;

    SafetyChecks(Cluster cluster) {
        this.cluster = cluster;
    }

    /** After everything that can open a gate or let a copy run. */
    void look() {
        for (ServiceName service : cluster.serviceNames) {
            SimNode first = null;
            for (SimNode node : cluster.nodes) {
                Copy copy = node.copies.get(service);
                if (copy == null || copy.state != Copy.State.RUNNING) {
                    continue;
                }
                for (SimNode other : cluster.nodes) {
                    Copy twin = other == node ? null : other.copies.get(service);
                    if (twin != null && twin.state == Copy.State.RUNNING && twin.epoch.equals(copy.epoch)) {
                        throw new Violation("two copies of " + service + " run under epoch " + copy.epoch + ", on "
                                + node.id + " and " + other.id);
                    }
                }
                if (node.gateIsOpen()) {
                    if (first != null) {
                        throw new Violation("two copies of " + service + " can answer: on " + first.id + " "
                                + first.copies.get(service) + " and on " + node.id + " " + copy);
                    }
                    first = node;
                }
            }
        }
    }

    /** A client has written {@code value} and been told that it is kept. */
    void answers(SimNode node, Copy copy, long value) {
        ServiceName service = copy.service;
        long kept = acknowledged.getOrDefault(service, 0L);
        if (copy.memory < kept) {
            throw new Violation("acknowledged write " + kept + " is lost: " + copy + " answers on " + node.id);
        }
        Epoch before = answered.getOrDefault(service, Epoch.FIRST);
        if (copy.epoch.compareTo(before) < 0) {
            throw new Violation(copy + " answers on " + node.id + " after one of epoch " + before + " has");
        }
        answered.put(service, copy.epoch);
        if (cluster.volumes.of(service).write(copy.epoch, value)) {
            copy.memory = value;
            acknowledged.put(service, value);
            answers++;
        }
    }

    int answers() {
        return answers;
    }

    /** The log has taken an entry. */
    void applied(Command command, ClusterState before, ClusterState after) {
        for (ServiceRecord now : after.services().values()) {
            ServiceRecord was = before.services().get(now.spec().name());
            if (was == null || was.equals(now)) {
                continue;
            }
            if (now.epoch().compareTo(was.epoch()) < 0) {
                throw new Violation("the epoch of " + now.spec().name() + " falls by " + command);
            }
            boolean lostNow = now.phase() == ServiceRecord.Phase.LOST && was.phase() != ServiceRecord.Phase.LOST;
            boolean placedNow = command instanceof Command.TakeOver;
            if (lostNow || placedNow) {
                requireThatNoneAnswers(now.spec().name(), command);
            }
            if (placedNow && was.phase() != ServiceRecord.Phase.LOST) {
                throw new Violation(now.spec().name() + " was placed while " + was.phase());
            }
        }
        if (command instanceof Command.BeginFencing fencing && fenced(after, fencing) != fenced(before, fencing)) {
            requireReason(fencing);
        }
    }

    private static boolean fenced(ClusterState state, Command.BeginFencing c) {
        return state.healthOf(c.node())
                .filter(h -> h.phase() != NodeHealth.Phase.UP)
                .isPresent();
    }

    private void requireThatNoneAnswers(ServiceName service, Command command) {
        for (SimNode node : cluster.nodes) {
            Copy copy = node.copies.get(service);
            if (copy != null && copy.state == Copy.State.RUNNING && node.gateIsOpen()) {
                throw new Violation("given up by " + command + ", and it can answer on " + node.id + ": " + copy);
            }
        }
    }

    private void requireReason(Command.BeginFencing fencing) {
        SimNode node = cluster.node(fencing.node());
        long trouble = Math.max(cluster.faults.lastTroubleAt(), node.isOn() ? node.troubledAt() : cluster.time.now());

        if (cluster.time.now() - trouble > cluster.grace()) {
            throw new Violation("node " + node.id + " is fenced although nothing has failed for "
                    + (cluster.time.now() - trouble) / Timeline.MILLI + " ms: " + fencing.reason());
        }
    }
}
