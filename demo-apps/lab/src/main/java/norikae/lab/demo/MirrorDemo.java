package norikae.lab.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeMount;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.lab.Lab;
import norikae.lab.LabOptions;
import norikae.lab.Subnet;

/** A database's server loses its power under load; the database comes back on the other one with every commit. */
final class MirrorDemo {

    private static final String SERVICE = "shop";
    private static final String VOLUME = "shop-data";
    private static final String PATH = "/run/shop-data";
    private static final long BYTES = 1L << 30;
    private static final int HOST_NUMBER = 50;
    private static final int PORT = 5432;
    private static final int CLIENTS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration BREATH = Duration.ofSeconds(3);

    private final String name;
    private final Subnet subnet;
    private final PrintStream out;

    MirrorDemo(String name, Subnet subnet, PrintStream out) {
        this.name = name;
        this.subnet = subnet;
        this.out = out;
    }

    /** Returns whether all was as promised. */
    boolean run() throws Exception {
        return DemoLab.run(
                LabOptions.defaults()
                        .withName(name)
                        .withSubnet(subnet.toString())
                        .withFailover(),
                out,
                this::show);
    }

    private boolean show(Lab lab, ControlClient control) throws Exception {
        control.createVolume(CreateVolumeRequest.newBuilder()
                .setName(VOLUME)
                .setBytes(BYTES)
                .setPrimary("node-a")
                .addReplicas(
                        VolumeReplica.newBuilder().setNode("node-b").setMode(ReplicationMode.REPLICATION_MODE_SYNC))
                .build());
        DemoLab.await("the volume to be whole on both nodes", PATIENCE, () -> inSync(control, "node-b"));
        out.printf("%nvolume %s: %d MiB, written by node-a, every write on node-b too%n", VOLUME, BYTES >> 20);
        String first = control.run(spec()).getNode();
        out.printf(
                "PostgreSQL runs on %s at %s:%d, its database on the volume%n",
                first, subnet.address(HOST_NUMBER), PORT);
        try (Committers clients = new Committers(subnet.address(HOST_NUMBER), PORT, CLIENTS)) {
            DemoLab.await("the first commits", PATIENCE, () -> clients.commits() > 10 * CLIENTS);
            out.printf("%d clients commit rows, each waiting for its last commit%n", CLIENTS);
            Thread.sleep(BREATH);
            long before = clients.commits();
            clients.measureAnew();
            long cutAt = System.currentTimeMillis();
            lab.node(first).powerOff();
            out.printf("%nthe power of %s is cut after %,d commits%n%n", first, before);
            DemoLab.await(
                    "the next commits",
                    PATIENCE,
                    () -> clients.gapEndedMillis() > cutAt && clients.commits() > before + CLIENTS);
            Thread.sleep(BREATH);
            FailoverStory story = FailoverStory.of(control, SERVICE, cutAt);
            story.print(out, clients.gapEndedMillis(), "first commit", clients.longestGapMillis());
            String second = control.status(SERVICE).getServices(0).getNode();
            List<String> missing = clients.missing();
            out.printf(
                    "%n%,d commits were acknowledged so far; %s%n",
                    clients.commits(), missing.isEmpty() ? "all of them are there" : "MISSING: " + missing);

            out.printf("starting %s again; its copy is brought up to date%n", first);
            lab.node(first).powerOn();
            DemoLab.await("the copy on " + first + " to be whole", PATIENCE, () -> inSync(control, first));
            out.println(resyncOf(control, first));
            clients.stop();
            long differing = control.verifyVolume(VerifyVolumeRequest.newBuilder()
                            .setName(VOLUME)
                            .setNode(first)
                            .build())
                    .getDifferingBytes();
            out.printf(
                    "compared block by block: %s; PostgreSQL runs on %s%n",
                    differing == 0 ? "both copies are the same" : differing + " bytes DIFFER", second);
            return story.isComplete() && missing.isEmpty() && differing == 0;
        }
    }

    /** What the log noted when the copy had caught up. */
    private static String resyncOf(ControlClient control, String node) {
        String found = "";
        try (var events =
                control.events(ListEventsRequest.newBuilder().setLimit(100).build())) {
            while (events.hasNext()) {
                var event = events.next();
                if (event.getKind().equals("volume-in-sync") && event.getText().contains(node)) {
                    found = event.getText();
                }
            }
        }
        return found;
    }

    private static boolean inSync(ControlClient control, String node) {
        try {
            return control.volumes(VOLUME).getVolumes(0).getCopiesList().stream()
                    .filter(copy -> copy.getNode().equals(node))
                    .anyMatch(CopyStatus::getInSync);
        } catch (ControlException e) {
            return false; // whoever was asked is not there just now
        }
    }

    private ServiceSpec spec() {
        return ServiceSpec.newBuilder()
                .setName(SERVICE)
                .addAllCommand(Postgres.command(PATH))
                .setAddress(subnet.addressWithPrefix(HOST_NUMBER))
                .setUser("postgres")
                .setWorkingDirectory(PATH)
                .addVolumes(VolumeMount.newBuilder().setVolume(VOLUME).setPath(PATH))
                .build();
    }
}
