package norikae.agent.criu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import norikae.linux.Cgroup;
import norikae.linux.Mounts;
import norikae.linux.NetworkNamespace;
import norikae.linux.TcpRepair;

/**
 * Two places for a service, {@code a} and {@code b}, and a bridge with a client's namespace beside them; all of it is gone
 * after {@link #close}.
 */
final class TestHost implements AutoCloseable {

    static final String ADDRESS = "10.213.77.50";
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String MAC = "02:4e:0a:d5:4d:32";

    final Path directory;
    final Place a;
    final Place b;
    private final String bridge = "nkt" + ProcessHandle.current().pid();

    TestHost() throws Exception {
        directory = Files.createTempDirectory("norikae-criu-test");
        Mounts.mountTmpfs(directory, 2L << 30, 0700);
        ip("netns add " + bridge);
        ip("-n " + bridge + " link add br0 type bridge");
        ip("-n " + bridge + " link add park type bridge"); // stays down: what is in it talks to nobody
        ip("-n " + bridge + " addr add 10.213.77.1/24 dev br0");
        ip("-n " + bridge + " link set br0 up");
        a = new Place("a");
        b = new Place("b");
    }

    NetworkNamespace clientSide() {
        return NetworkNamespace.named(bridge);
    }

    /** A network namespace and a cgroup for one service. */
    final class Place {

        final String network;
        final Cgroup cgroup;
        final Path log;
        private final String name;

        Place(String name) throws Exception {
            this.name = name;
            network = bridge + name;
            cgroup = Cgroup.root().child(network).create();
            log = directory.resolve(name + ".log");
            createNetwork();
        }

        void createNetwork() throws Exception {
            ip("netns add " + network);
            ip("-n " + bridge + " link add v" + name + " type veth peer name eth0 netns " + network);
            ip("-n " + bridge + " link set v" + name + " master park");
            ip("-n " + bridge + " link set v" + name + " up");
            ip("-n " + network + " link set eth0 address " + MAC);
            ip("-n " + network + " addr add " + ADDRESS + "/24 dev eth0");
            ip("-n " + network + " link set eth0 up");
            ip("-n " + network + " link set lo up");
        }

        void attach() throws IOException {
            ip("-n " + bridge + " link set v" + name + " master br0");
        }

        void detach() throws IOException {
            ip("-n " + bridge + " link set v" + name + " master park");
        }

        /** Starts an {@link EchoService} here and returns the PID of its init. */
        int start() throws Exception {
            List<String> command = List.of(
                    "sh",
                    "-c",
                    "echo $$ > " + cgroup.procsFile() + "; exec nsenter --net=/run/netns/" + network
                            + " unshare --pid --time --fork setsid tini -- \"$@\"",
                    "sh",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+PerfDisableSharedMem",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx160m",
                    "-cp",
                    System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                    EchoService.class.getName());
            new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start()
                    .getOutputStream()
                    .close();
            await(() -> Files.exists(log) && Files.readString(log).contains(EchoService.READY), "service is ready");
            int init = -1;
            for (int pid : cgroup.procs()) {
                switch (Files.readString(Path.of("/proc/" + pid + "/comm")).strip()) {
                    case "tini" -> init = pid;
                    case "java" -> {}
                    default -> Cgroup.root().add(pid); // unshare, which waits outside
                }
            }
            return init;
        }

        /** How every way back of a source ends. */
        void letRun() throws IOException {
            var _ = TcpRepair.heal(cgroup.procs());
            attach();
            cgroup.thaw();
            GroupStop.release(cgroup.procs());
        }

        void killAll() throws IOException {
            cgroup.kill();
            cgroup.thaw();
            cgroup.awaitEmpty(PATIENCE);
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void await(Condition condition, String what) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            Thread.sleep(5);
        }
    }

    private static void ip(String arguments) throws IOException {
        Process process = new ProcessBuilder(("ip " + arguments).split(" ", -1))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("ip " + arguments + ": " + output);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (Place place : List.of(a, b)) {
            place.killAll();
            place.cgroup.remove(PATIENCE);
            ip("netns del " + place.network);
        }
        ip("netns del " + bridge);
        Mounts.unmount(directory, true);
        Files.delete(directory);
    }
}
