package norikae.failover.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import norikae.failover.fencing.ProofKind;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;

/** What must never be, asked after each step. Confined to one thread. */
final class Safety {

    /** It was. */
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(String what) {
            super(what, null, false, false);
        }
    }

    private final World world;
    private final Set<ServiceName> excused = new HashSet<>();
    private final Map<ServiceName, Long> answeredUnder = new HashMap<>();

    Safety(World world) {
        this.world = world;
    }

    /** It may be FAILED in the end: it ended by itself, or did not start. */
    void excuse(ServiceName name) {
        excused.add(name);
    }

    boolean isExcused(ServiceName name) {
        return excused.contains(name);
    }

    void afterStep() {
        for (ServiceName name : world.services) {
            Copy answering = null;
            Copy running = null;
            for (SimNode node : world.workers()) {
                Copy copy = node.copies.get(name);
                if (copy == null || !copy.runs()) {
                    continue;
                }
                if (running != null && running.epoch == copy.epoch) {
                    throw new Violation("two copies of " + name + " run under epoch " + copy.epoch + ": on "
                            + where(running) + " and " + where(copy));
                }
                running = copy;
                if (node.gateOpen()) {
                    if (answering != null) {
                        throw new Violation("two copies of " + name + " could answer: on " + where(answering)
                                + " under epoch " + answering.epoch + " and on " + where(copy) + " under epoch "
                                + copy.epoch);
                    }
                    answering = copy;
                }
            }
        }
    }

    private String where(Copy copy) {
        return world.nodes.get(copy.node).id.value();
    }

    void answered(Copy copy, long acknowledged) {
        long before = answeredUnder.getOrDefault(copy.service, 0L);
        if (copy.epoch < before) {
            throw new Violation(copy.service + " answers on " + where(copy) + " under epoch " + copy.epoch
                    + ", and has answered under " + before);
        }
        answeredUnder.put(copy.service, copy.epoch);
        if (copy.value < acknowledged) {
            throw new Violation(copy.service + " on " + where(copy) + " knows writes up to " + copy.value + ", and "
                    + acknowledged + " was acknowledged");
        }
    }

    void changed(ClusterState before, Command command, ClusterState after) {
        for (ServiceRecord service : after.services().values()) {
            before.service(service.spec().name()).ifPresent(old -> {
                if (service.epoch().compareTo(old.epoch()) < 0) {
                    throw new Violation("the epoch of " + service.spec().name() + " sinks from " + old.epoch() + " to "
                            + service.epoch() + " by " + command);
                }
            });
        }
        for (NodeHealth health : after.health().values()) {
            if (health.boot() <= 0) {
                throw new Violation("a boot of " + health.boot() + " by " + command);
            }
        }
        switch (command) {
            case Command.TakeOver c -> {
                for (SimNode node : world.workers()) {
                    Copy copy = node.copies.get(c.service());
                    if (copy != null && copy.runs()) {
                        throw new Violation(c.service() + " is placed on " + c.to() + ", and still runs on "
                                + where(copy) + " under epoch " + copy.epoch);
                    }
                }
            }
            case Command.RecordFenced c -> {
                SimNode node = world.node(c.node());
                boolean goesOn = node.powered() && node.presentBoot == c.boot();
                if (goesOn && (c.proof() != ProofKind.WATCHDOG_ELAPSED || !node.copies.isEmpty())) {
                    throw new Violation(
                            "boot " + c.boot() + " of " + c.node() + " counts as stopped, and goes on: " + c.how());
                }
            }
            case Command.NodeUp c -> {
                NodeHealth old = before.health().get(c.node());
                if (old != null && old.boot() > c.boot()) {
                    throw new Violation(
                            "boot " + c.boot() + " of " + c.node() + " is trusted again after boot " + old.boot());
                }
            }
            case Command.BeginFencing c -> {
                if (world.options.calm() || world.trouble.isOver()) {
                    throw new Violation(c.node() + " is fenced although nothing is wrong: " + c.reason());
                }
            }
            default -> {}
        }
    }
}
