package norikae.failover.sim;

import java.util.Optional;
import java.util.function.Consumer;
import norikae.failover.member.Placement;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.ServiceSpec;
import org.jspecify.annotations.Nullable;

/** Does what {@code norikae.agent.failover.ServiceKeeper} does. Confined to one thread. */
final class Keeper {

    private static final long LOOK_AGAIN = 200 * Timeline.MILLI;

    boolean up;

    private final World world;
    private final SimAgent agent;
    private final SimNode node;
    private final Dice dice;
    private long nextLook;

    Keeper(World world, SimAgent agent) {
        this.world = world;
        this.agent = agent;
        this.node = agent.node;
        this.dice = world.dice("keeper " + node.index + " " + agent.number);
    }

    void nodeIsUp() {
        up = true;
    }

    void killAll() {
        up = false;
        node.copies.clear();
    }

    void look() {
        if (!up || world.time.now() < nextLook) {
            return;
        }
        nextLook = world.time.now() + LOOK_AGAIN;
        ClusterState state = agent.latestKnown();
        for (ServiceRecord service : state.services().values()) {
            ServiceName name = service.spec().name();
            Copy here = node.copies.get(name);
            if (agent.busy.contains(name) || state.moveInFlight(name).isPresent()) {
                continue;
            }
            boolean mine = service.owner().equals(node.id);
            if (mine && service.phase() == ServiceRecord.Phase.PLACED && here == null && !isComing(name)) {
                startPlaced(name, service.epoch());
            } else if (mine && disagree(service, here)) {
                square(name, service.epoch());
            } else if (here != null && isStale(here, service.epoch())) {
                world.say(() -> node.id + " ends " + name + " under stale epoch " + here.epoch);
                node.copies.remove(name);
            }
        }
    }

    /** What a move has left must be resolved first. */
    private boolean isComing(ServiceName name) {
        return node.residues.values().stream().anyMatch(r -> r.service.equals(name));
    }

    private boolean isStale(Copy copy, Epoch newer) {
        return copy.move == null && copy.epoch < newer.value() && world.seams.checksEpochs();
    }

    // ---- what was placed here

    private void startPlaced(ServiceName name, Epoch epoch) {
        agent.busy.add(name);
        if (!world.seams.checksEpochs()) {
            launch(name, epoch);
            return;
        }
        agent.insistOnReading(state -> {
            boolean still = state.service(name)
                    .filter(s -> s.owner().equals(node.id)
                            && s.epoch().equals(epoch)
                            && s.phase() == ServiceRecord.Phase.PLACED)
                    .isPresent();
            if (!up || !still || node.copies.containsKey(name)) {
                agent.busy.remove(name);
                return;
            }
            launch(name, epoch);
        });
    }

    private void launch(ServiceName name, Epoch epoch) {
        long boot = node.presentBoot;
        start(name, epoch.value(), started -> {
            if (started) {
                report(name, epoch, ServiceRecord.Phase.RUNNING, "started", o -> agent.busy.remove(name));
            } else if (boot == node.presentBoot) {
                world.safety.excuse(name);
                report(name, epoch, ServiceRecord.Phase.FAILED, "could not be started", o -> agent.busy.remove(name));
            } else {
                agent.busy.remove(name);
            }
        });
    }

    /** Its processes come up after a while, or do not; whoever kills everything meanwhile kills them too. */
    void start(ServiceName name, long epoch, Consumer<Boolean> then) {
        Copy copy = new Copy(name, node.index, epoch, Copy.State.STARTING);
        node.copies.put(name, copy);
        boolean fails = dice.chance(world.options.startFails());
        agent.later(dice.skewedMillis(20, 2_000), () -> {
            if (node.copies.get(name) != copy) {
                then.accept(false);
            } else if (fails || !world.volume(name).open(epoch)) {
                node.copies.remove(name);
                then.accept(false);
            } else {
                copy.value = world.volume(name).value();
                copy.state = Copy.State.RUNNING;
                world.say(() -> node.id + " runs " + name + " under epoch " + epoch);
                then.accept(true);
            }
        });
    }

    // ---- what ended, or shall go

    /** An operator's {@code norikae run}. */
    void run(ServiceSpec spec) {
        ServiceName name = spec.name();
        if (!agent.busy.add(name)) {
            return;
        }
        world.safety.excuse(name); // whatever comes of it, the operator is told
        agent.insist(new Command.DefineService(spec, node.id, 0), outcome -> {
            // Refused means that it exists already, for the first answer was lost. A look with certainty, because this
            // node may have been given up since, and the service with it.
            agent.insistOnReading(state -> {
                boolean still = state.service(name)
                        .filter(s -> s.owner().equals(node.id) && s.phase() == ServiceRecord.Phase.STARTING)
                        .isPresent();
                if (!up || !still || node.copies.containsKey(name)) {
                    agent.busy.remove(name);
                } else {
                    launch(name, Epoch.FIRST);
                }
            });
        });
    }

    void ended(Copy copy) {
        world.say(() -> node.id + " " + copy.service + " ended by itself");
        world.safety.excuse(copy.service);
        agent.later(Timeline.MILLI, () -> startAgainOrGiveUp(copy, "it ended"));
    }

    /** It shall run elsewhere, says a monitor. */
    void leave(ServiceName name) {
        Copy copy = node.copies.get(name);
        if (copy == null || !copy.runs() || !agent.busy.add(name)) {
            return;
        }
        ClusterState state = agent.latestKnown();
        boolean elsewhere = hasElsewhere(state, name);
        world.say(() -> node.id + " " + name + " shall leave");
        node.copies.remove(name);
        agent.busy.remove(name);
        world.safety.excuse(name);
        if (elsewhere) {
            release(copy);
        } else {
            startAgainOrGiveUp(copy, "it shall leave");
        }
    }

    private static boolean hasElsewhere(ClusterState state, ServiceName name) {
        return state.failover().enabled()
                && state.service(name)
                        .filter(s -> Placement.hasElsewhere(state, s))
                        .isPresent();
    }

    private void startAgainOrGiveUp(Copy ended, String why) {
        ServiceName name = ended.service;
        Optional<ServiceRecord> record = agent.latestKnown().service(name);
        ServicePolicy policy = record.map(r -> r.spec().policyOrDefault()).orElse(ServicePolicy.DEFAULT);
        int used = node.restarts.getOrDefault(name, 0);
        if (used >= policy.restarts()) {
            giveUp(ended, policy, why);
            return;
        }
        if (!agent.busy.add(name)) {
            agent.later(50 * Timeline.MILLI, () -> startAgainOrGiveUp(ended, why));
            return;
        }
        node.restarts.put(name, used + 1);
        Epoch epoch = new Epoch(ended.epoch);
        report(name, epoch, ServiceRecord.Phase.STARTING, why, allowed -> {
            if (!up || allowed instanceof Outcome.Refused || node.copies.containsKey(name)) {
                agent.busy.remove(name);
                return;
            }
            long boot = node.presentBoot;
            start(name, ended.epoch, started -> {
                if (started) {
                    report(name, epoch, ServiceRecord.Phase.RUNNING, why, o -> agent.busy.remove(name));
                } else {
                    agent.busy.remove(name);
                    if (boot == node.presentBoot) {
                        startAgainOrGiveUp(ended, "could not be started");
                    }
                }
            });
        });
    }

    private void giveUp(Copy ended, ServicePolicy policy, String why) {
        if (policy.restarts() > 0 && hasElsewhere(agent.latestKnown(), ended.service)) {
            release(ended);
        } else {
            report(ended.service, new Epoch(ended.epoch), ServiceRecord.Phase.FAILED, why, o -> {});
        }
    }

    private void release(Copy ended) {
        agent.insist(
                new Command.ReleaseService(ended.service, node.id, new Epoch(ended.epoch), "released", millis()),
                outcome -> {});
    }

    private void report(
            ServiceName name, Epoch epoch, ServiceRecord.Phase phase, String detail, Consumer<Outcome> then) {
        agent.insist(new Command.ReportService(name, node.id, epoch, phase, detail, millis()), then);
    }

    // ---- the log and what is here disagree

    /** An agent died between an act and the word of it, or a word came so late that it was no longer true. */
    private static boolean disagree(ServiceRecord service, @Nullable Copy here) {
        return switch (service.phase()) {
            case RUNNING -> here == null;
            case STARTING -> here == null || here.runs();
            case PLACED, FAILED -> here != null && here.runs();
            case LOST -> false;
        };
    }

    private void square(ServiceName name, Epoch epoch) {
        agent.busy.add(name);
        agent.insistOnReading(state -> {
            Copy here = node.copies.get(name);
            boolean still = state.service(name)
                            .filter(s -> s.owner().equals(node.id) && s.epoch().equals(epoch) && disagree(s, here))
                            .isPresent()
                    && state.moveInFlight(name).isEmpty();
            if (!up || !still || (here != null && here.epoch != epoch.value())) {
                agent.busy.remove(name);
            } else if (here == null) {
                report(name, epoch, ServiceRecord.Phase.FAILED, "it was not running", o -> agent.busy.remove(name));
            } else {
                report(name, epoch, ServiceRecord.Phase.RUNNING, "found running", o -> agent.busy.remove(name));
            }
        });
    }

    private long millis() {
        return world.time.now() / Timeline.MILLI;
    }
}
