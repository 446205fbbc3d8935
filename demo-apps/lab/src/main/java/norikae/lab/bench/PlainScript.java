package norikae.lab.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import norikae.agent.criu.CriuBinary;
import norikae.agent.criu.CriuException;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.LabProcess;

/**
 * What an administrator would write who has CRIU and no Norikae: dump the tree with its connections, copy the images
 * through an unencrypted pipe, restore, give the address to the other node. It is a fair peer: images rest in memory on
 * both sides, the link is attached after the restore so that no connection is reset, and the neighbours are told. It has
 * no way back when a step fails, and no second opinion on who runs the service. Confined to one thread.
 *
 * <p>The lazy way is CRIU's own post-copy: all but memory is dumped and copied, the process restored without it, and its pages
 * come from the source when they are touched, and in the background.
 */
final class PlainScript implements AutoCloseable {

    private static final String NAMESPACE = "plain";
    private static final String LINK = "plain0";
    private static final String IMAGES = "/run/plain-images";
    private static final String READY = IMAGES + "/ready";
    private static final int COPY_PORT = 7999;

    /** Above what anything else in a node reaches, so that the same numbers are free on both. */
    private static final String PID_BEFORE = "20000";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int PAGES_PORT = 7998;

    /** The lazy way keeps all of memory in pipes, for which the kernel has less room by default. */
    private static final Map<String, String> PIPES =
            Map.of("pipe-user-pages-soft", "0", "pipe-max-size", Integer.toString(128 << 20));

    /** How memory goes. */
    enum Way {
        COPY,
        LAZY
    }

    private final Way way;
    private final Map<String, String> pipesBefore = new HashMap<>();
    private final Lab lab;
    private final String criu;
    private final String address;
    private final LabProcess launcher;
    private final String pid;
    private LabNode owner;

    /** Starts the command on node-a; returns once it listens. */
    PlainScript(Way way, Lab lab, String address, List<String> command) throws CriuException {
        this.way = way;
        this.lab = lab;
        this.address = address;
        this.criu = CriuBinary.find().path().toString();
        this.owner = lab.node("node-a");
        if (way == Way.LAZY) {
            PIPES.forEach((name, value) -> {
                pipesBefore.put(name, owner.run("cat", "/proc/sys/fs/" + name).strip());
                setPipes(name, value);
            });
        }
        prepareNetwork(owner);
        attach(owner);
        List<String> launch = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo " + PID_BEFORE + " > /proc/sys/kernel/ns_last_pid;"
                        + " setsid nsenter --net=/run/netns/" + NAMESPACE
                        + " \"$@\" < /dev/null > /dev/null 2>&1 & echo started $!; wait",
                "plain"));
        launch.addAll(command);
        launcher = owner.exec(launch.toArray(String[]::new));
        launcher.awaitOutput("started", PATIENCE);
        pid = launcher.output().strip().replace("started ", "");
        owner.run(
                "sh",
                "-c",
                "until nsenter --net=/run/netns/" + NAMESPACE + " ss -Hltn | grep -q .; do sleep 0.1; done");
    }

    /** Moves it and returns the bytes of its memory. */
    long move(String to) {
        LabNode target = lab.node(to);
        prepareNetwork(target);
        for (LabNode node : List.of(owner, target)) {
            node.run("sh", "-c", "rm -rf " + IMAGES + "; mkdir " + IMAGES);
        }
        long bytes = way == Way.COPY ? copied(target) : lazily(target);
        owner.run("sh", "-c", "ip netns del " + NAMESPACE + "; rm -rf " + IMAGES);
        owner = target;
        return bytes;
    }

    private long copied(LabNode target) {
        inNetwork(
                owner,
                criu + " dump -t " + pid + " -D " + IMAGES + " -o dump.log -v1"
                        + " --tcp-established --network-lock nftables --manage-cgroups=ignore");
        owner.run("ip", "link", "del", LINK);
        copy(target);
        inNetwork(
                target,
                criu + " restore -d -D " + IMAGES + " -o restore.log -v1"
                        + " --tcp-established --manage-cgroups=ignore");
        attach(target);
        return sizeOfImages();
    }

    /** CRIU stays in the node's network, so that its pages have a way; the service's network is named to it as external. */
    private long lazily(LabNode target) {
        long resident = Long.parseLong(owner.run("sh", "-c", "awk '/^VmRSS/ {print $2}' /proc/" + pid + "/status")
                        .strip())
                << 10;
        owner.run("mkfifo", READY);
        try (LabProcess dump = owner.exec(
                "sh",
                "-c",
                "exec " + criu + " dump -t " + pid + " -D " + IMAGES + " -o dump.log -v1 --lazy-pages --address 0.0.0.0"
                        + " --port " + PAGES_PORT + " --status-fd 7 7<>" + READY
                        + " --external \"net[$(stat -L -c %i /run/netns/" + NAMESPACE + ")]:plainNet\""
                        + " --tcp-established --network-lock nftables --manage-cgroups=ignore")) {
            owner.run("timeout", "60", "head", "-c", "1", READY);
            owner.run("ip", "link", "del", LINK);
            owner.run("rm", READY);
            copy(target);
            try (LabProcess pages = target.exec(
                    "sh",
                    "-c",
                    "cd " + IMAGES + "; exec " + criu + " lazy-pages --page-server --address " + owner.address()
                            + " --port " + PAGES_PORT + " -D " + IMAGES + " -o lazy.log -v1")) {
                target.run(
                        "sh",
                        "-c",
                        "cd " + IMAGES + "; until [ -S lazy-pages.socket ]; do sleep 0.005; done; "
                                + criu + " restore -d -D " + IMAGES + " -o restore.log -v1 --lazy-pages"
                                + " --inherit-fd 'fd[9]:plainNet' 9</run/netns/" + NAMESPACE
                                + " --tcp-established --manage-cgroups=ignore || { grep -h Error " + IMAGES
                                + "/*.log >&2; exit 1; }");
                attach(target);
                if (pages.await(PATIENCE) != 0 || dump.await(PATIENCE) != 0) {
                    throw new LabException("the pages did not all come: " + pages.errors() + dump.errors());
                }
            }
        }
        return resident;
    }

    private void copy(LabNode target) {
        try (LabProcess receiver = target.exec(
                "sh",
                "-c",
                "socat -u -b 1048576 TCP-LISTEN:" + COPY_PORT + ",reuseaddr STDOUT | tar -xf - -C " + IMAGES)) {
            owner.run(
                    "sh",
                    "-c",
                    "tar -cf - -C " + IMAGES + " . | socat -u -b 1048576 STDIN TCP:" + target.address() + ":"
                            + COPY_PORT + ",retry=200,interval=0.01");
            if (receiver.await(PATIENCE) != 0) {
                throw new LabException("the copy of the images failed: " + receiver.errors());
            }
        }
    }

    private long sizeOfImages() {
        return Long.parseLong(
                owner.run("sh", "-c", "du -sb " + IMAGES + " | cut -f 1").strip());
    }

    /** A namespace with the service's address, whose link leads nowhere yet. */
    private void prepareNetwork(LabNode node) {
        node.run("sh", "-c", """
                set -e
                ip netns del $1 2>/dev/null || true
                ip link del $2 2>/dev/null || true
                ip netns add $1
                ip link add $2 type veth peer name eth0 netns $1
                ip link set $2 up
                ip -n $1 link set lo up
                ip -n $1 link set eth0 address 02:00:00:00:00:51 up
                ip -n $1 addr add $3/24 dev eth0
                """, "prepare", NAMESPACE, LINK, address);
    }

    private void attach(LabNode node) {
        node.run("ip", "link", "set", LINK, "master", Lab.NODE_BRIDGE);
        inNetwork(node, "arping -q -c 1 -U -I eth0 " + address);
    }

    private static void inNetwork(LabNode node, String command) {
        node.run("sh", "-c", "exec nsenter --net=/run/netns/" + NAMESPACE + " " + command);
    }

    private void setPipes(String name, String value) {
        owner.run("sh", "-c", "echo " + value + " > /proc/sys/fs/" + name);
    }

    @Override
    public void close() {
        pipesBefore.forEach(this::setPipes);
        owner.run("sh", "-c", "kill -9 " + pid + "; ip netns del " + NAMESPACE + "; ip link del " + LINK + "; true");
        launcher.close();
    }
}
