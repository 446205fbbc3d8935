package norikae.agent.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import norikae.fencing.pill.PillDisk;
import norikae.fencing.pill.PillTimeouts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DiskPathTest {

    private final Path disk;

    DiskPathTest(@TempDir Path folder) {
        this.disk = folder.resolve("disk");
    }

    @BeforeEach
    void makeReady() throws Exception {
        Files.write(disk, new byte[8 << 20]);
        // Two that come at once must have the time to see that they took the same slot.
        PillDisk.create(disk, new PillTimeouts(5, 1, 1, 15)).close();
    }

    /** One server's end. */
    private final class End implements AutoCloseable {
        final List<String> heard = new CopyOnWriteArrayList<>();
        final DiskPath path;

        End(String node) {
            path = new DiskPath(disk, node, (bytes, at) -> heard.add(text(bytes)));
            path.start();
        }

        void say(String what) {
            path.send(what.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public void close() {
            path.close();
        }
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.US_ASCII.decode(bytes).toString();
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(20);
        }
    }

    @Test
    void serversHearEachOtherAndNotThemselves() throws Exception {
        try (End a = new End("node-a");
                End b = new End("node-b")) {
            until(() -> {
                // What was there before a server began to listen is no sign of life, so it is said again.
                a.say("from a " + System.nanoTime());
                b.say("from b " + System.nanoTime());
                return !a.heard.isEmpty() && !b.heard.isEmpty();
            });
            assertThat(a.heard).allMatch(what -> what.startsWith("from b"));
            assertThat(b.heard).allMatch(what -> what.startsWith("from a"));
        }
    }

    @Test
    void whatADeadServerLeftIsNotHeard() throws Exception {
        try (End a = new End("node-a");
                End c = new End("node-c")) {
            until(() -> {
                a.say("the last words " + System.nanoTime());
                return !c.heard.isEmpty();
            });
        }
        try (End b = new End("node-b");
                End c = new End("node-c")) {
            until(() -> {
                c.say("from c " + System.nanoTime());
                return !b.heard.isEmpty();
            });
            assertThat(b.heard).allMatch(what -> what.startsWith("from c"));
        }
    }
}
