package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.Limits;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.ServiceSpec;
import org.jspecify.annotations.Nullable;

/** Everything that is simulated. Confined to one thread. */
final class Cluster {

    final SimOptions options;
    final Timeline time = new Timeline();
    final Trace trace;
    final Planted planted;
    final List<SimNode> nodes = new ArrayList<>();
    final List<ServiceName> serviceNames = new ArrayList<>();
    final SimNetwork net;
    final SimRaft raft;
    final SimFencers fencers;
    final Volumes volumes;
    final SafetyChecks checks;
    final Faults faults;
    private final Dice dice;
    private boolean quiet;
    private int moves;
    private long written;
    private boolean firstIsPinned;

    Cluster(SimOptions options, Plant plant, @Nullable Consumer<String> reader) {
        this.options = options;
        this.trace = new Trace(time, reader);
        this.planted = new Planted(this, plant);
        this.dice = new Dice(options.seed(), "cluster");
        int count = options.voters() + options.others();
        for (int i = 0; i < count; i++) {
            boolean witness = i >= options.voters() - options.witnesses() && i < options.voters();
            String name = witness ? "witness" : "node-" + (char) ('a' + i);
            nodes.add(new SimNode(this, name, i, i < options.voters(), witness));
        }
        this.net = new SimNetwork(this, count);
        this.fencers = new SimFencers(this);
        this.volumes = new Volumes(new Dice(options.seed(), "volumes"), plant == Plant.VOLUME_TAKES_STALE_EPOCHS);
        this.checks = new SafetyChecks(this);
        this.faults = new Faults(this);
        ClusterState state = firstState();
        serviceNames.addAll(state.services().keySet());
        this.raft = new SimRaft(this, state);
        nodes.forEach(SimNode::powerOn);
        time.after(dice.millis(100, 300), this::clientsWrite);
        time.after(dice.millis(100, 300), this::servicesWrite);
    }

    private ClusterState firstState() {
        List<Command> past = new ArrayList<>();
        List<NodeId> workers = new ArrayList<>();
        for (SimNode node : nodes) {
            past.add(new Command.AddNode(
                    new NodeRecord(node.id, "10.0.0." + (node.index + 1), 7071, 7072, 7073, node.witness), 0));
            if (!node.witness) {
                workers.add(node.id);
            }
        }
        past.add(new Command.SetFailover(options.policy(), 0));
        for (int i = 0; i < options.services(); i++) {
            ServiceName name = new ServiceName("service-" + i);
            NodeId owner = dice.pick(workers);
            past.add(new Command.DefineService(spec(name, i, workers), owner, 0));
            past.add(new Command.ReportService(name, owner, Epoch.FIRST, ServiceRecord.Phase.FAILED, "", 0));
            past.add(new Command.ReportService(name, owner, Epoch.FIRST, ServiceRecord.Phase.STARTING, "", 0));
        }
        ClusterState state = ClusterState.EMPTY;
        for (Command command : past) {
            state = state.apply(command).state();
        }
        return state;
    }

    private ServiceSpec spec(ServiceName name, int number, List<NodeId> workers) {
        // Only wishes that can be granted at any time when every node is up: nobody would evict a service for another
        // one.
        ServiceName first = new ServiceName("service-0");
        boolean pinned = dice.chance(0.15);
        firstIsPinned |= number == 0 && pinned;
        int wish = number == 0 ? 3 : dice.below(4);
        boolean apart = wish == 2 && number == 1 && !pinned && !firstIsPinned;
        return new ServiceSpec(
                name,
                List.of("/bin/true"),
                new ServiceAddress("10.0.1." + (number + 1), 24),
                new java.util.TreeMap<>(),
                "nobody",
                "/",
                Limits.NONE,
                null,
                null,
                new ServicePolicy(
                        !pinned,
                        dice.chance(0.4) ? List.of(dice.pick(workers)) : List.of(),
                        wish == 0 ? List.of(first) : List.of(),
                        wish == 1 && !pinned ? List.of(first) : List.of(),
                        apart ? List.of(first) : List.of(),
                        dice.chance(0.4),
                        1_000,
                        600),
                null,
                null);
    }

    // ---- time

    /** Nothing more may fail. */
    boolean isQuiet() {
        return quiet;
    }

    void heal() {
        quiet = true;
        faults.end();
        net.heal();
        trace.say("fault", () -> "no more faults");
        var _ = raft.append(new Command.SetFailover(options.policy(), 0));
        for (SimNode node : nodes) {
            node.thaw();
            var _ = raft.append(new Command.SetMaintenance(node.id, false, 0));
            powerOnFor(node);
        }
    }

    /** Until then a node may be taken for dead because of something that is over. */
    long grace() {
        long detectors = 6L * options.policy().suspectMillis() * Timeline.MILLI;
        if (options.calm()) {
            return detectors;
        }
        // A command that was submitted just before may take effect when its sender has given up, or later if it
        // straggles.
        return detectors + (options.stragglers() > 0 ? 9 : 4) * Timeline.SECOND;
    }

    private void powerOnFor(SimNode node) {
        node.powerOn();
        if (node.agent() == null) {
            time.after(dice.millis(100, 400), node::startAgent);
        }
        time.after(dice.millis(500, 1_000), () -> powerOnFor(node));
    }

    // ---- who is who

    SimNode node(NodeId id) {
        for (SimNode node : nodes) {
            if (node.id.equals(id)) {
                return node;
            }
        }
        throw new IllegalArgumentException("no node " + id);
    }

    MoveId nextMove() {
        return new MoveId("m" + ++moves);
    }

    void moveService(ServiceName service, NodeId to) {
        for (SimNode node : nodes) {
            SimAgent agent = node.agent();
            if (agent != null && node.works() && node.copies.containsKey(service) && !node.id.equals(to)) {
                agent.moves().begin(service, to);
            }
        }
    }

    // ---- load

    private void clientsWrite() {
        time.after(dice.millis(50, 150), this::clientsWrite);
        for (ServiceName service : serviceNames) {
            for (SimNode node : nodes) {
                Copy copy = node.copies.get(service);
                if (copy != null && copy.state == Copy.State.RUNNING && node.gateIsOpen() && !node.isFrozen()) {
                    checks.answers(node, copy, ++written);
                }
            }
        }
        checks.look();
    }

    /** Services write to their disks also when nobody hears them, and the wires may keep such a write for seconds. */
    private void servicesWrite() {
        time.after(dice.millis(100, 500), this::servicesWrite);
        for (SimNode node : nodes) {
            for (Copy copy : node.copies.values()) {
                if (copy.state == Copy.State.RUNNING && !node.isFrozen()) {
                    Volume volume = volumes.of(copy.service);
                    Epoch epoch = copy.epoch;
                    long value = copy.memory;
                    var _ = volume.write(epoch, value);
                    if (!quiet && dice.chance(0.1)) {
                        time.after(dice.millis(0, 4_000), () -> comesLate(volume, epoch, value));
                    }
                }
            }
        }
    }

    private static void comesLate(Volume volume, Epoch epoch, long value) {
        if (volume.epoch().compareTo(epoch) > 0) { // within an epoch, a volume keeps the order
            var _ = volume.write(epoch, value);
        }
    }
}
