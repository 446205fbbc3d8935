package norikae.failover.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import norikae.failover.member.Placement;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;

/** Starts what was placed here, starts again or gives away what ended, ends what is stale. Confined to one thread. */
final class SimKeeper {

    private final Cluster cluster;
    private final SimNode node;
    private final SimAgent agent;
    private final Dice dice;
    private final Set<ServiceName> busy = new HashSet<>();
    private final Map<ServiceName, Integer> restarts = new HashMap<>();
    private boolean up;
    private int lives;

    SimKeeper(Cluster cluster, SimNode node, SimAgent agent) {
        this.cluster = cluster;
        this.node = node;
        this.agent = agent;
        this.dice = new Dice(cluster.options.seed() + node.life(), "keeper " + node.index);
    }

    void nodeIsUp() {
        up = true;
    }

    void nodeIsGivenUp() {
        up = false;
        lives++;
    }

    void killAll() {
        if (!cluster.planted.is(Plant.SURVIVES_SURRENDER)) {
            node.copies.clear();
        }
        up = false;
        lives++;
        agent.moves().forgetAll();
    }

    boolean isUp() {
        return up;
    }

    boolean isBusy(ServiceName service) {
        return busy.contains(service);
    }

    void look() {
        if (!up) {
            return;
        }
        for (ServiceRecord service : agent.known().services().values()) {
            ServiceName name = service.spec().name();
            Copy here = node.copies.get(name);
            if (busy.contains(name) || agent.known().moveInFlight(name).isPresent()) {
                continue;
            }
            boolean mine = service.owner().equals(node.id);
            if (here != null && here.move == null && here.epoch.compareTo(service.epoch()) < 0) {
                node.say("ends the stale " + here);
                node.copies.remove(name);
            } else if (mine && here != null && isToldToStart(service, here)) {
                busy.add(name);
                agent.report(name, here.epoch, ServiceRecord.Phase.RUNNING, _ -> busy.remove(name));
            } else if (mine && here == null) {
                switch (service.phase()) {
                    case PLACED -> startPlaced(name, service.epoch());
                    case STARTING, RUNNING -> ended(name, service.epoch());
                    case FAILED, LOST -> {}
                }
            }
        }
    }

    /** It was started, and the agent died before it could say so, or an older word came later. */
    private static boolean isToldToStart(ServiceRecord service, Copy here) {
        boolean waits = service.phase() == ServiceRecord.Phase.PLACED
                || service.phase() == ServiceRecord.Phase.STARTING
                || service.phase() == ServiceRecord.Phase.FAILED;
        return waits && here.state == Copy.State.RUNNING && here.epoch.equals(service.epoch());
    }

    private void startPlaced(ServiceName name, Epoch epoch) {
        busy.add(name);
        int life = lives;
        cluster.raft.read(node, state -> {
            boolean placed = state != null
                    && state.service(name)
                            .filter(s -> s.owner().equals(node.id)
                                    && s.epoch().equals(epoch)
                                    && s.phase() == ServiceRecord.Phase.PLACED)
                            .isPresent();
            if (!placed) {
                busy.remove(name);
                return;
            }
            long needs = dice.chance(0.15) ? dice.millis(500, 2_500) : dice.millis(10, 500);
            node.agentLater(needs, () -> {
                if (mayStart(life) && !node.copies.containsKey(name)) {
                    boolean breaks = !cluster.isQuiet() && dice.chance(0.05);
                    boolean works = !breaks && start(name, epoch);
                    agent.report(
                            name,
                            epoch,
                            works ? ServiceRecord.Phase.RUNNING : ServiceRecord.Phase.FAILED,
                            _ -> busy.remove(name));
                } else {
                    busy.remove(name);
                }
            });
        });
    }

    private boolean mayStart(int life) {
        return up && life == lives; // another life may be up by now, which knows nothing of this start
    }

    private boolean start(ServiceName name, Epoch epoch) {
        Volume volume = cluster.volumes.of(name);
        if (!volume.attach(epoch)) {
            node.say("cannot start " + name + " under epoch " + epoch + ": its volume is at " + volume.epoch());
            return false;
        }
        Copy copy = new Copy(name, epoch, Copy.State.RUNNING, null, volume.content());
        node.copies.put(name, copy);
        node.say("starts " + copy);
        cluster.checks.look();
        return true;
    }

    // ---- what ended

    private void ended(ServiceName name, Epoch epoch) {
        busy.add(name);
        int life = lives;
        ServiceRecord service = agent.known().services().get(name);
        int allowed = service == null ? 0 : service.spec().policyOrDefault().restarts();
        if (epoch.equals(node.givenUp.get(name))) {
            giveUp(name, epoch, true);
            return;
        }
        if (restarts.merge(name, 1, Integer::sum) > allowed) {
            giveUp(name, epoch, allowed > 0);
            return;
        }
        agent.report(name, epoch, ServiceRecord.Phase.STARTING, outcome -> {
            if (outcome instanceof Outcome.Accepted && mayStart(life) && !node.copies.containsKey(name)) {
                if (start(name, epoch)) {
                    agent.report(name, epoch, ServiceRecord.Phase.RUNNING, _ -> busy.remove(name));
                } else {
                    giveUp(name, epoch, true);
                }
            } else {
                busy.remove(name);
            }
        });
    }

    private void giveUp(ServiceName name, Epoch epoch, boolean mayLeave) {
        node.givenUp.put(name, epoch); // the command may take effect long after this agent is dead
        ServiceRecord service = agent.known().services().get(name);
        boolean elsewhere = mayLeave
                && agent.known().failover().enabled()
                && service != null
                && Placement.hasElsewhere(agent.known(), service);
        if (elsewhere) {
            agent.insist(new Command.ReleaseService(name, node.id, epoch, "ended", 0), _ -> busy.remove(name));
        } else {
            agent.report(name, epoch, ServiceRecord.Phase.FAILED, _ -> busy.remove(name));
        }
    }

    /** An operator, or a monitor, wants it elsewhere. */
    void leave(ServiceName name) {
        Copy here = node.copies.get(name);
        if (up && here != null && here.state == Copy.State.RUNNING && here.move == null && busy.add(name)) {
            node.say("stops and gives away " + here);
            node.copies.remove(name);
            giveUp(name, here.epoch, true);
        }
    }
}
