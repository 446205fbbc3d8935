package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;

/** Everything that there is in one run. Confined to one thread. */
final class World {

    final SimOptions options;
    final Seams seams;
    final Timeline time = new Timeline();
    final List<SimNode> nodes = new ArrayList<>();
    final List<ServiceName> services = new ArrayList<>();
    final Map<ServiceName, SimVolume> volumes = new TreeMap<>();
    final SimNetwork network;
    final SimLog log;
    final SimFencing fencing;
    final Safety safety;
    final Trouble trouble;

    private final boolean traced;
    private final List<String> trace = new ArrayList<>();

    World(SimOptions options, Seams seams, boolean traced) {
        this.options = options;
        this.seams = seams;
        this.traced = traced;
        this.trouble = new Trouble(time);
        this.safety = new Safety(this);
        this.network = new SimNetwork(this);
        this.log = new SimLog(this);
        this.fencing = new SimFencing(this);
        Dice clocks = dice("clocks");
        for (int i = 0; i < options.workers() + (options.witness() ? 1 : 0); i++) {
            boolean witness = i >= options.workers();
            boolean votes = witness || i < options.votingWorkers();
            NodeId id = new NodeId(witness ? "witness" : "node-" + (char) ('a' + i));
            nodes.add(new SimNode(this, id, i, votes, witness, clocks));
        }
        for (int i = 0; i < options.services(); i++) {
            ServiceName name = new ServiceName("service-" + (i + 1));
            services.add(name);
            volumes.put(name, new SimVolume(seams.checksEpochs()));
        }
        network.size(nodes.size());
        log.found();
    }

    Dice dice(String component) {
        return new Dice(options.seed(), component);
    }

    SimVolume volume(ServiceName name) {
        SimVolume volume = volumes.get(name);
        if (volume == null) {
            throw new IllegalArgumentException("no volume of " + name);
        }
        return volume;
    }

    SimNode node(NodeId id) {
        for (SimNode node : nodes) {
            if (node.id.equals(id)) {
                return node;
            }
        }
        throw new IllegalArgumentException("no node " + id);
    }

    List<SimNode> workers() {
        return nodes.subList(0, options.workers());
    }

    void say(Supplier<String> line) {
        if (traced) {
            trace.add("%10.4f  %s".formatted(time.now() / 1e9, line.get()));
        }
    }

    List<String> trace() {
        return trace;
    }
}
