package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DescriptorsTest {

    private final Path directory;

    DescriptorsTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void closeOnceAndRefuseUseAfterwards() throws IOException {
        OwnedFd fd = OwnedFd.open(directory.resolve("f"), OwnedFd.O_RDWR | OwnedFd.O_CREAT, 0600);
        int number = fd.fd();
        fd.close();
        // Another owner may have the number now: closing twice must not close it.
        try (OwnedFd next = OwnedFd.open(directory.resolve("f"), OwnedFd.O_RDONLY, 0)) {
            assertThat(next.fd()).isEqualTo(number);
            fd.close();
            assertThat(Files.exists(Path.of("/proc/self/fd/" + number))).isTrue();
        }
        assertThatThrownBy(fd::fd).hasMessageContaining("is closed").hasMessageContaining("/f");
    }

    @Test
    void areClosedInTheEndEvenIfTheirOwnerForgot() throws Exception {
        Path file = Files.writeString(directory.resolve("forgotten"), "");
        forget(file);
        Waiting.until("the descriptor is closed", () -> {
            System.gc();
            return Procfs.descriptors((int) ProcessHandle.current().pid()).stream()
                    .noneMatch(descriptor -> descriptor.target().equals(file.toString()));
        });
    }

    private static void forget(Path file) throws IOException {
        OwnedFd forgotten = OwnedFd.open(file, OwnedFd.O_RDONLY, 0);
        assertThat(forgotten.fd()).isPositive();
    }

    @Test
    void keepTheBordersOfMessages() throws IOException {
        UnixSockets.SeqPacketPair pair = UnixSockets.seqPacketPair();
        try (SeqPacketSocket ours = pair.ours();
                SeqPacketSocket theirs = new SeqPacketSocket(pair.theirs())) {
            byte[] large = new byte[100_000];
            large[99_999] = 42;
            theirs.send(new byte[] {1, 2, 3});
            theirs.send(large);
            assertThat(ours.receive(Waiting.PATIENCE)).contains(new byte[] {1, 2, 3});
            assertThat(ours.receive(Waiting.PATIENCE)).contains(large);
            assertThat(ours.receive(Duration.ofMillis(10))).as("nothing there").isEmpty();
        }
    }

    @Test
    void tellAHangUpByAnEmptyMessage() throws IOException {
        UnixSockets.SeqPacketPair pair = UnixSockets.seqPacketPair();
        try (SeqPacketSocket ours = pair.ours()) {
            ours.send(new byte[] {1}); // never read: the kernel then says 'connection reset' instead of 'end'
            pair.theirs().close();
            assertThat(ours.receive(Waiting.PATIENCE)).contains(new byte[0]);
            assertThat(ours.receive(Waiting.PATIENCE)).contains(new byte[0]);
            assertThatThrownBy(() -> ours.send(new byte[] {1})).hasMessageContaining("EPIPE");
        }
    }

    @Test
    void streamBytesBothWaysUntilTheEnd() throws IOException {
        UnixSockets.StreamPair pair = UnixSockets.streamPair();
        try (StreamSocket ours = pair.ours();
                StreamSocket theirs = new StreamSocket(pair.theirs())) {
            theirs.write(ByteBuffer.allocateDirect(8).putLong(4711).flip());
            theirs.shutdownOutput();
            ByteBuffer got = ByteBuffer.allocateDirect(8);
            ours.readFully(got);
            assertThat(got.flip().getLong()).isEqualTo(4711);
            assertThat(ours.read(ByteBuffer.allocateDirect(1))).as("end").isEqualTo(-1);
            assertThatThrownBy(() -> ours.readFully(ByteBuffer.allocateDirect(4)))
                    .hasMessage("stream ended 4 bytes short");
        }
    }

    @Test
    void readNothingIntoAFullBufferWithoutCallingItTheEnd() throws IOException {
        UnixSockets.StreamPair pair = UnixSockets.streamPair();
        try (StreamSocket ours = pair.ours();
                OwnedFd theirs = pair.theirs()) {
            assertThat(theirs.fd()).isPositive();
            assertThat(ours.read(ByteBuffer.allocateDirect(0))).isZero();
        }
    }

    @Test
    void refuseBuffersOnTheHeap() throws IOException {
        UnixSockets.StreamPair pair = UnixSockets.streamPair();
        try (StreamSocket ours = pair.ours();
                OwnedFd theirs = pair.theirs()) {
            assertThat(theirs.fd()).isPositive();
            assertThatThrownBy(() -> ours.read(ByteBuffer.allocate(4))).hasMessageContaining("use a direct one");
            assertThatThrownBy(() -> ours.write(ByteBuffer.allocate(4))).hasMessageContaining("use a direct one");
        }
    }

    @Test
    void tellThatAProcessHasEnded() throws IOException {
        try (ChildProcess child = Spawn.of(List.of("sleep", "1000")).start();
                PidFd watch = PidFd.open(child.pid())) {
            assertThat(watch.awaitExit(Duration.ofMillis(5))).isFalse();
            watch.signal(PidFd.SIGTERM);
            assertThat(watch.awaitExit(Waiting.PATIENCE)).isTrue();
            assertThat(child.awaitExit(Waiting.PATIENCE)).contains(new ExitStatus(-1, PidFd.SIGTERM));
            watch.signal(PidFd.SIGTERM); // of a process that is gone: nothing to do
        }
    }

    @Test
    void comeOutOfAnotherProcess() throws Exception {
        Path file = Files.writeString(directory.resolve("held"), "");
        try (OwnedFd held = OwnedFd.open(file, OwnedFd.O_RDONLY, 0);
                ChildProcess child =
                        Spawn.of(List.of("sleep", "1000")).inherit(held, 9).start()) {
            Waiting.until(
                    "the child runs", () -> Procfs.commandLine(child.pid()).contains("1000"));
            try (OwnedFd copy = child.pidFd().getFd(9)) {
                assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + copy.fd())))
                        .isEqualTo(file);
            }
            assertThatThrownBy(() -> child.pidFd().getFd(99))
                    .hasMessageContaining("fd=99")
                    .hasMessageContaining("EBADF");
        }
    }

    @Test
    void waitForEverWithoutOverflow() throws IOException {
        try (ChildProcess child = Spawn.of(List.of("true")).start()) {
            assertThat(child.awaitExit(Duration.ofSeconds(Long.MAX_VALUE))).contains(new ExitStatus(0, 0));
        }
    }
}
