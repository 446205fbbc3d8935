package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import norikae.failover.model.Command;
import norikae.failover.model.Limits;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.ServiceSpec;

/** One seed, from the boot of the cluster to its rest. Confined to one thread. */
final class Simulation {

    private static final long RECOVERY = 120 * Timeline.SECOND;
    private static final long LOOK = 500 * Timeline.MILLI;

    /**
     * How it ended.
     *
     * @param violation what was wrong; empty if nothing was
     */
    record Result(SimOptions options, Optional<String> violation, List<String> trace, double clusterSeconds) {}

    private final World world;
    private final Map<ServiceName, Client> clients = new TreeMap<>();

    private Simulation(SimOptions options, Seams seams, boolean traced) {
        this.world = new World(options, seams, traced);
    }

    static Result run(long seed) {
        return run(seed, Seams.NONE, false);
    }

    static Result run(long seed, Seams seams, boolean traced) {
        SimOptions options = SimOptions.draw(seed);
        Simulation simulation = new Simulation(options, seams, traced);
        Optional<String> violation = Optional.empty();
        try {
            simulation.run();
        } catch (Safety.Violation e) {
            violation = Optional.of(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            violation = Optional.of("the simulation stumbled: " + e + " at " + List.of(e.getStackTrace()));
        }
        return new Result(options, violation, simulation.world.trace(), simulation.world.time.now() / 1e9);
    }

    private void run() {
        world.nodes.forEach(SimNode::startAgent);
        operate();
        world.services.forEach(name -> clients.put(name, new Client(world, name)));
        Nemesis nemesis = new Nemesis(world);
        goOnUntil(world.options.faultSeconds() * Timeline.SECOND);
        nemesis.end();
        turnOn();
        long end = world.time.now() + RECOVERY;
        List<String> missing = missing();
        while (!missing.isEmpty() && world.time.now() < end) {
            goOnUntil(world.time.now() + LOOK);
            missing = missing();
        }
        if (!missing.isEmpty()) {
            throw new Safety.Violation(
                    RECOVERY / Timeline.SECOND + " s after the last fault it has not recovered: " + missing);
        }
    }

    private void goOnUntil(long untilNanos) {
        while (world.time.step(untilNanos)) {
            world.safety.afterStep();
        }
    }

    // ---- what the operator does

    private void operate() {
        Dice dice = world.dice("operator");
        for (int i = 0; i < world.services.size(); i++) {
            ServiceSpec spec = spec(i, dice);
            SimNode node = dice.pick(world.workers());
            world.time.after(dice.millis(800, 1_500), () -> runOn(node, spec));
        }
        world.time.after(dice.millis(600, 1_800), this::turnOn);
    }

    private void runOn(SimNode node, ServiceSpec spec) {
        SimAgent agent = node.agent;
        if (agent != null && agent.keeper.up) {
            agent.keeper.run(spec);
            world.time.after(4 * Timeline.SECOND, () -> runUnlessKnown(node, spec));
        } else {
            world.time.after(LOOK, () -> runOn(node, spec));
        }
    }

    private void runUnlessKnown(SimNode node, ServiceSpec spec) {
        if (world.log.state().service(spec.name()).isEmpty()) {
            runOn(node, spec);
        }
    }

    private void turnOn() {
        if (world.log.leader() == null) {
            world.time.after(LOOK, this::turnOn);
        } else {
            var _ = world.log.apply(new Command.SetFailover(world.options.policy(), 0));
        }
    }

    private ServiceSpec spec(int index, Dice dice) {
        List<NodeId> prefers = new ArrayList<>();
        if (dice.chance(0.4)) {
            prefers.add(dice.pick(world.workers()).id);
        }
        List<ServiceName> after = index > 0 && dice.chance(0.2) ? List.of(world.services.get(index - 1)) : List.of();
        List<ServiceName> apart =
                index == 1 && after.isEmpty() && dice.chance(0.2) ? List.of(world.services.getFirst()) : List.of();
        ServicePolicy policy = new ServicePolicy(
                !dice.chance(0.1) || !apart.isEmpty(), // or a service that is bound to its node could find it taken
                prefers,
                after,
                List.of(),
                apart,
                dice.chance(0.3),
                dice.between(0, 3),
                ServicePolicy.RESTART_WINDOW_SECONDS_DEFAULT);
        return new ServiceSpec(
                world.services.get(index),
                List.of("program"),
                new ServiceAddress("10.0.1." + (index + 1), 24),
                new TreeMap<>(),
                "root",
                "/",
                Limits.NONE,
                null,
                null,
                policy);
    }

    // ---- what there must be in the end

    private List<String> missing() {
        List<String> missing = new ArrayList<>();
        SimNode leader = world.log.leader();
        if (leader == null || leader.agent == null) {
            missing.add("nobody leads the log");
            return missing;
        }
        for (SimNode node : world.nodes) {
            NodeHealth health = world.log.state().health().get(node.id);
            if (health == null || health.phase() != NodeHealth.Phase.UP || health.boot() != node.presentBoot) {
                missing.add(node.id + " in life " + node.presentBoot + " is " + health);
            }
        }
        world.log.state().moves().values().stream()
                .filter(m -> !m.phase().ended())
                .forEach(m -> missing.add(m.id() + " of " + m.service() + " is still " + m.phase()));
        boolean excused = false;
        for (ServiceName name : world.services) {
            ServiceRecord service = world.log.state().services().get(name);
            if (service == null) {
                missing.add(name + " was never defined");
            } else if (service.phase() != ServiceRecord.Phase.RUNNING) {
                if (mayRest(service)) {
                    excused = true;
                } else {
                    missing.add(name + " is " + service.phase() + " on " + service.owner() + ": " + service.detail());
                }
            } else if (!answers(name, service)) {
                missing.add(name + " does not answer on " + service.owner() + " under epoch " + service.epoch());
            }
        }
        if (!excused) {
            leader.agent.alarms().forEach(alarm -> missing.add(alarm.text()));
        }
        return missing;
    }

    /** One that failed by itself, and whoever waits for it. */
    private boolean mayRest(ServiceRecord service) {
        boolean failed = service.phase() == ServiceRecord.Phase.FAILED
                && world.safety.isExcused(service.spec().name());
        boolean waits = service.phase() == ServiceRecord.Phase.LOST
                && (service.tried() != null
                        || !service.spec().policyOrDefault().after().isEmpty());
        return failed || waits;
    }

    private boolean answers(ServiceName name, ServiceRecord service) {
        Client client = clients.get(name);
        SimNode owner = world.node(service.owner());
        Copy copy = owner.copies.get(name);
        return client != null
                && world.time.now() - client.lastAnswerAt < LOOK
                && copy != null
                && copy.runs()
                && copy.epoch == service.epoch().value();
    }
}
