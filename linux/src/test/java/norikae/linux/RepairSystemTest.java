package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
@Timeout(60)
class RepairSystemTest {

    private static final int SELF = (int) ProcessHandle.current().pid();

    @Test
    void healsConnectionsThatADeadCheckpointerLeft() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Set<Integer> before = sockets();
            try (Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort());
                    Socket server = listener.accept()) {
                Set<Integer> ends = sockets();
                ends.removeAll(before);
                assertThat(ends).hasSizeGreaterThanOrEqualTo(2);
                try (PidFd self = PidFd.open(SELF)) {
                    for (int end : ends) {
                        try (OwnedFd socket = self.getFd(end)) {
                            repair(socket);
                            assertThat(TcpRepair.isOn(socket)).isTrue();
                        }
                    }
                }

                assertThat(TcpRepair.heal(List.of(SELF))).isEqualTo(ends.size());
                assertThat(TcpRepair.healProcess(SELF)).as("once is enough").isZero();

                client.getOutputStream().write(42);
                assertThat(server.getInputStream().read()).isEqualTo(42);
                assertThat(server.getReuseAddress())
                        .as("its port can be listened on again")
                        .isTrue();
            }
        }
    }

    @Test
    void aSocketIsIdleBeforeItsConnectionAndAfterItsReset() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket()) {
            Set<Integer> before = sockets();
            client.setReuseAddress(true); // which makes the descriptor
            Set<Integer> mine = sockets();
            mine.removeAll(before);
            assertThat(mine).hasSize(1);
            int number = mine.iterator().next();
            assertThat(IdleSocket.is(SELF, number)).isTrue();
            client.connect(listener.getLocalSocketAddress());
            assertThat(IdleSocket.is(SELF, number)).isFalse();
            Socket server = listener.accept();
            server.setSoLinger(true, 0); // closed by a reset
            server.close();
            Waiting.until("the reset has come", () -> IdleSocket.is(SELF, number));
        }
    }

    @Test
    void seesNoRepairInOtherDescriptors(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("f"));
        UnixSockets.StreamPair pair = UnixSockets.streamPair();
        try (OwnedFd plain = OwnedFd.open(file, OwnedFd.O_RDONLY, 0);
                StreamSocket ours = pair.ours();
                OwnedFd unix = pair.theirs()) {
            assertThat(ours).isNotNull();
            assertThat(TcpRepair.isOn(plain)).isFalse();
            assertThat(TcpRepair.isOn(unix)).isFalse();
        }
    }

    private static Set<Integer> sockets() throws IOException {
        Set<Integer> sockets = new HashSet<>();
        for (Procfs.Descriptor descriptor : Procfs.descriptors(SELF)) {
            if (descriptor.target().startsWith("socket:")) {
                sockets.add(descriptor.number());
            }
        }
        return sockets;
    }

    /** What CRIU does to a socket that it dumps. */
    private static void repair(OwnedFd socket) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment on = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
            LibC.syscall("setsockopt", Numbers.SETSOCKOPT, "TCP_REPAIR", socket.fd(), 6, 19, on.address(), 4);
        }
    }
}
