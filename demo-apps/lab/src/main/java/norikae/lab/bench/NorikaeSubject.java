package norikae.lab.bench;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.lab.Lab;
import norikae.lab.LabNode;
import norikae.lab.demo.FailoverStory;

/** Norikae's own cluster: two servers and a witness, with what it comes with by default. Confined to one thread. */
final class NorikaeSubject implements FailoverSubject {

    private static final String SERVICE = "echo";
    private static final int EVENTS_MAX = 2_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Lab lab;
    private final ControlClient control;

    private NorikaeSubject(Lab lab, ControlClient control) {
        this.lab = lab;
        this.control = control;
    }

    /** @param address of the service, with its prefix */
    static NorikaeSubject start(Lab lab, ControlClient control, String address, List<String> command) {
        var _ = control.run(ServiceSpec.newBuilder()
                .setName(SERVICE)
                .addAllCommand(command)
                .setAddress(address)
                .setUser("root")
                .setWorkingDirectory("/")
                .setNode("node-a")
                .build());
        return new NorikaeSubject(lab, control);
    }

    @Override
    public String words() {
        return "Norikae";
    }

    @Override
    public String owner() {
        return control.status(SERVICE).getServices(0).getNode();
    }

    @Override
    public boolean isRunning() {
        return control.status(SERVICE).getServices(0).getPhase().equals("RUNNING");
    }

    @Override
    public void settle() throws InterruptedException {
        lab.heal();
        for (LabNode node : lab.nodes()) {
            if (!node.isOn()) {
                node.powerOn();
            }
        }
        FailoverBenchmark.await(PATIENCE, "everybody to be up", () -> {
            ClusterStatus status = control.status(null);
            String owner = status.getServices(0).getNode();
            // A leader that runs services lets another one lead; that is no time to strike.
            return status.getCurrent()
                    && !status.getLeader().isEmpty()
                    && !status.getLeader().equals(owner)
                    && status.getNodesList().stream()
                            .allMatch(n -> n.getReachable() && n.getPhase().equals("UP"));
        });
    }

    @Override
    public Optional<Stages> stagesSince(long atMillis) {
        FailoverStory story = FailoverStory.of(control, SERVICE, atMillis);
        return story.isComplete()
                ? Optional.of(new Stages(
                        atMillis + story.millisTo("node-suspected"),
                        atMillis + story.millisTo("node-fenced"),
                        atMillis + story.millisTo("service-running")))
                : Optional.empty();
    }

    /** How often a server has been suspected, as far back as events are kept. */
    long suspicions() {
        try (var events = control.events(
                ListEventsRequest.newBuilder().setLimit(EVENTS_MAX).build())) {
            long count = 0;
            while (events.hasNext()) {
                count += events.next().getKind().equals("node-suspected") ? 1 : 0;
            }
            return count;
        }
    }

    @Override
    public void close() {
        control.close();
    }
}
