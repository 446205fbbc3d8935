package norikae.fencing.ipmi;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** OpenIPMI's simulator of a BMC, whose server is a process that sleeps. */
final class IpmiSim implements AutoCloseable {

    static final String USER = "admin";
    static final String PASSWORD = "secret-of-the-bmc";

    private final Path directory;
    private final int port;
    private final Process process;

    private IpmiSim(Path directory, int port, Process process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    /** Starts it; its server runs from the beginning. */
    static IpmiSim start(Path directory) throws IOException, InterruptedException {
        int port = freeUdpPort();
        Path server = directory.resolve("server.sh");
        Files.writeString(server, "#!/bin/sh\necho $$ >" + directory + "/pid\nexec sleep 1000\n");
        Files.setPosixFilePermissions(server, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(directory.resolve("lan.conf"), """
                name "norikae"
                set_working_mc 0x20
                startlan 1
                  addr 127.0.0.1 %d
                  priv_limit admin
                  allowed_auths_operator none md2 md5 straight
                  allowed_auths_admin none md2 md5 straight
                  guid a123456789abcdefa123456789abcdef
                endlan
                serial 15 127.0.0.1 %d codec VM
                startcmd "%s"
                startnow true
                poweroff_wait 1
                kill_wait 1
                user 2 true "%s" "%s" admin 10 none md2 md5 straight
                """.formatted(port, freeTcpPort(), server, USER, PASSWORD));
        Files.writeString(directory.resolve("sim.emu"), """
                mc_setbmc 0x20
                mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
                sel_enable 0x20 1000 0x0a
                mc_enable 0x20
                """);
        Process process = new ProcessBuilder("ipmi_sim", "-c", "lan.conf", "-f", "sim.emu", "-s", "state", "-n")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        IpmiSim sim = new IpmiSim(directory, port, process);
        while (sim.server().isEmpty()) {
            if (!process.isAlive()) {
                throw new IOException("ipmi_sim ended: " + Files.readString(directory.resolve("log")));
            }
            Thread.sleep(20);
        }
        return sim;
    }

    int port() {
        return port;
    }

    /** The process of the server that runs now. */
    Optional<ProcessHandle> server() throws IOException {
        try {
            String pid = Files.readString(directory.resolve("pid")).strip();
            return pid.isEmpty()
                    ? Optional.empty()
                    : ProcessHandle.of(Long.parseLong(pid)).filter(this::runs);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** A process that nobody has waited for yet has ended all the same. */
    private boolean runs(ProcessHandle server) {
        try {
            return !Files.readString(Path.of("/proc/" + server.pid() + "/stat")).contains(") Z ");
        } catch (IOException e) {
            return false;
        }
    }

    private static int freeUdpPort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static int freeTcpPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The simulator leaves its server running when it ends. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        server().ifPresent(ProcessHandle::destroyForcibly);
    }
}
