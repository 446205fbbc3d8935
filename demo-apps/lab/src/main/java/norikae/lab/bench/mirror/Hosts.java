package norikae.lab.bench.mirror;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.lab.Lab;
import norikae.lab.LabNode;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import norikae.lab.Subnet;

/**
 * Two hosts of a laboratory, without agents: data goes from one to the other. What is on their disks is found, from this
 * machine, under {@link #onSource} and {@link #onTarget}, and by programs on them under {@link #path}.
 */
record Hosts(Lab lab, LabNode source, LabNode target) {

    static final String LAB = "benchmirror";

    private static final Subnet SUBNET = Subnet.parse("10.96.0.0/24");
    private static final String DISK = "/var/lib/norikae/mirror";

    /** The file on the source that every program copies, and whose copy it makes on the target. */
    static final String DATA = "data";

    static Hosts boot() throws IOException {
        Lab lab = Lab.up(
                LabOptions.defaults()
                        .withName(LAB)
                        .withSubnet(SUBNET.toString())
                        .withAgents(LabOptions.Agents.NONE)
                        .withNodes(List.of(node("node-a", 11), node("node-b", 12))),
                System.err::println);
        Hosts hosts = new Hosts(lab, lab.node("node-a"), lab.node("node-b"));
        Files.createDirectories(hosts.onSource(""));
        Files.createDirectories(hosts.onTarget(""));
        return hosts;
    }

    private static NodeOptions node(String name, int number) {
        return new NodeOptions(name, number, NodeOptions.Role.MEMBER, Duration.ZERO);
    }

    /** Where programs on either host find a file. */
    static String path(String name) {
        return DISK + "/" + name;
    }

    /** The source's file, from here. Its sockets can be connected to under this name as well. */
    Path onSource(String name) {
        return source.file(path(name));
    }

    Path onTarget(String name) {
        return target.file(path(name));
    }

    /** Removes a file or directory of that name on both hosts; it need not be there. */
    void remove(String name) {
        for (LabNode node : List.of(source, target)) {
            node.run("rm", "-rf", path(name));
        }
    }

    /** Bytes that the source has sent over its link so far, with all headers. */
    long sentBytes() {
        return Link.sentBytes(source.run("cat", Link.SENT_BYTES));
    }

    /** Returns when nothing waits to be written to this machine's disk: else one measurement would pay for another. */
    void settle() {
        source.run("sync", "-f", DISK);
    }

    /** Limits the source's link, in words of {@code tc}; {@code none} for no limit. */
    void shape(String rate) {
        lab.shape(source.name(), rate);
    }
}
