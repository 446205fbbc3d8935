package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class FdKeeperSystemTest {

    private final Cgroup group;

    FdKeeperSystemTest() throws IOException {
        group = Cgroup.root()
                .child("norikae-keeper-test-" + ProcessHandle.current().pid());
    }

    @AfterEach
    void clean() throws IOException {
        group.kill();
        group.remove(Duration.ofSeconds(5));
    }

    @Test
    void whatWasKeptIsThereForWhoeverComesLater() throws IOException {
        FdKeeper keeper = FdKeeper.start(group);
        int pid = keeper.pid();
        long startTime = keeper.startTime();
        try (PageFile file = PageFile.create("kept")) {
            file.write(4096, ByteBuffer.allocateDirect(4096).put(0, (byte) 42));
            keeper.keep("pages 7", file.descriptor());
            keeper.keep("pages 8", file.descriptor());
        }
        keeper.close(); // as our death would
        for (int life = 0; life < 2; life++) {
            try (FdKeeper adopted = FdKeeper.adopt(pid, startTime)) {
                assertThat(adopted.alive()).isTrue();
                List<FdKeeper.Kept> kept = adopted.kept();
                assertThat(kept).extracting(FdKeeper.Kept::label).containsExactly("pages 7", "pages 8");
                for (FdKeeper.Kept one : kept) {
                    try (PageFile file = PageFile.of(one.fd())) {
                        ByteBuffer page = ByteBuffer.allocateDirect(4096);
                        file.read(4096, page);
                        assertThat(page.get(0)).isEqualTo((byte) 42);
                    }
                }
            }
        }
    }

    @Test
    void aKeeperThatIsGoneIsNotTakenForAnotherProcess() throws IOException {
        FdKeeper keeper = FdKeeper.start(group);
        int pid = keeper.pid();
        long startTime = keeper.startTime();
        assertThatThrownBy(() -> FdKeeper.adopt(pid, startTime + 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another one");
        keeper.end();
        assertThatThrownBy(() -> FdKeeper.adopt(pid, startTime)).isInstanceOf(IOException.class);
    }
}
