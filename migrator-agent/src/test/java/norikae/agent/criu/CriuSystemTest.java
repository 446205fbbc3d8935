package norikae.agent.criu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import norikae.linux.Cgroup;
import norikae.linux.NetworkNamespace;
import norikae.linux.PidFd;
import norikae.transfer.ImageSummary;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("system")
@Timeout(120)
class CriuSystemTest {

    private static final ImageSummary SUMMARY = new ImageSummary(0, 0, 0, 0);
    private static final int PAGE_BYTES = 4096;
    private static final PageSink NOWHERE = (_, _, _) -> {};

    private final CriuBinary criu;
    private final TestHost host;
    private final int init;
    private final EchoClient client;

    CriuSystemTest() throws Exception {
        criu = CriuBinary.find();
        host = new TestHost();
        try {
            init = host.a.start();
            host.a.attach();
            client = new EchoClient(host.clientSide(), TestHost.ADDRESS);
        } catch (Exception | Error e) {
            host.close();
            throw e;
        }
    }

    @BeforeEach
    void theServiceAnswers() throws Exception {
        client.awaitAnswers();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        client.close();
        host.close();
    }

    @Test
    void aDumpThatIsRolledBackCostsNothingButThePause() throws Exception {
        HeldDump held = dump(NOWHERE, host.a::detach).run();
        host.a.cgroup.freeze(TestHost.PATIENCE);
        assertThat(held.alive()).isTrue();
        assertThat(held.imageFiles())
                .extracting(f -> f.getFileName().toString())
                .contains("inventory.img", "pstree.img");
        held.rollback();
        host.a.letRun();
        theClientsGoOn();
    }

    @Test
    void aTreeMovesToAnotherNamespaceWithItsConnections() throws Exception {
        Path images = images("target");
        HeldDump dump = dumpTo(images);
        HeldRestore restore = CriuRestore.prepare(criu, restoreRequest(images)).start();
        assertThat(restore.alive()).isTrue();
        restore.resume(() -> host.b.cgroup.freeze(TestHost.PATIENCE));
        assertThat(host.b.cgroup.procs()).contains(restore.rootPid()).doesNotContain(restore.criuPid());
        host.b.letRun();
        dump.discard();
        theClientsGoOn();
        TestHost.await(() -> host.a.cgroup.procs().isEmpty(), "the source is gone");
    }

    /** Where CRIU is killed. */
    enum Moment {
        TREE_RUNS,
        TREE_FROZEN,
        FIRST_PAGES,
        MANY_PAGES,
        HELD
    }

    @ParameterizedTest
    @EnumSource
    void aCriuThatIsKilledDuringTheDumpHarmsNobody(Moment moment) throws Exception {
        AtomicInteger criuPid = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        PageSink sink = (_, _, _) -> {
            int run = runs.incrementAndGet();
            int fatal = moment == Moment.FIRST_PAGES ? 1 : 20;
            if ((moment == Moment.FIRST_PAGES || moment == Moment.MANY_PAGES) && run == fatal) {
                kill(criuPid.get());
            }
        };
        DumpListener listener = new DumpListener() {
            @Override
            public void started(int pid) throws IOException {
                criuPid.set(pid);
                if (moment == Moment.TREE_RUNS) {
                    kill(pid);
                }
            }

            @Override
            public void treeFrozen() throws IOException {
                host.a.detach();
                if (moment == Moment.TREE_FROZEN) {
                    kill(criuPid.get());
                }
            }
        };
        CriuDump dump = dump(sink, listener);
        if (moment == Moment.HELD) {
            HeldDump held = dump.run();
            kill(held.criuPid());
            TestHost.await(() -> !held.alive(), "CRIU is dead");
            held.rollback();
        } else {
            assertThatThrownBy(dump::run)
                    .isInstanceOf(CriuException.class)
                    .hasMessageContaining("service ledger: dump: CRIU pid=" + criuPid)
                    .hasMessageContaining("signal 9");
        }
        host.a.letRun();
        theClientsGoOn();
    }

    @Test
    void aSinkThatRefusesEndsTheDumpWithItsOwnWords() throws Exception {
        PageSink full = (_, _, _) -> {
            throw new IOException("target has no room");
        };
        assertThatThrownBy(() -> dump(full, host.a::detach).run())
                .isInstanceOf(IOException.class)
                .hasMessage("target has no room");
        host.a.letRun();
        theClientsGoOn();
    }

    @Test
    void aDumpCanBeAbortedWhilePagesFlow() throws Exception {
        CountDownLatch flowing = new CountDownLatch(1);
        CountDownLatch aborted = new CountDownLatch(1);
        PageSink slow = (_, _, _) -> {
            flowing.countDown();
            try {
                aborted.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        };
        CriuDump dump = dump(slow, host.a::detach);
        Thread.ofPlatform().start(() -> {
            try {
                flowing.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            dump.abort("the operator changed his mind");
            aborted.countDown();
        });
        assertThatThrownBy(dump::run)
                .isInstanceOf(CriuException.class)
                .hasMessageContaining("aborted: the operator changed his mind");
        host.a.letRun();
        theClientsGoOn();
    }

    @Test
    void aRestoreThatIsCancelledLeavesNothing() throws Exception {
        Path images = images("target");
        HeldDump dump = dumpTo(images);
        HeldRestore restore = CriuRestore.prepare(criu, restoreRequest(images)).start();
        restore.cancel();
        TestHost.await(() -> host.b.cgroup.procs().isEmpty(), "the restored tree is gone");
        dump.rollback();
        host.a.letRun();
        theClientsGoOn();
    }

    @Test
    void aRestoreWhoseCriuIsKilledLeavesNothingAfterACancel() throws Exception {
        Path images = images("target");
        HeldDump dump = dumpTo(images);
        HeldRestore restore = CriuRestore.prepare(criu, restoreRequest(images)).start();
        kill(restore.criuPid());
        TestHost.await(() -> !restore.alive(), "CRIU is dead");
        assertThatThrownBy(() -> restore.resume(() -> {})).isInstanceOf(CriuException.class);
        restore.cancel();
        TestHost.await(() -> host.b.cgroup.procs().isEmpty(), "the half-built tree is gone");
        dump.rollback();
        host.a.letRun();
        theClientsGoOn();
    }

    @Test
    void aRestoreFromHalfAnImageFailsWithAReasonAndLeavesNothing() throws Exception {
        Path images = images("target");
        HeldDump dump = dumpTo(images);
        Files.delete(images.resolve("pagemap-1.img"));
        assertThatThrownBy(
                        () -> CriuRestore.prepare(criu, restoreRequest(images)).start())
                .isInstanceOf(CriuException.class)
                .hasMessageContaining("service ledger: restore: ");
        TestHost.await(() -> host.b.cgroup.procs().isEmpty(), "the half-built tree is gone");
        dump.rollback();
        host.a.letRun();
        theClientsGoOn();
    }

    private void theClientsGoOn() throws Exception {
        client.awaitAnswers();
        assertThat(client.complaints()).isEmpty();
    }

    private CriuDump dump(PageSink sink, DumpListener listener) throws Exception {
        return new CriuDump(
                criu,
                new DumpRequest(
                        "ledger",
                        init,
                        images("source"),
                        NetworkNamespace.named(host.a.network).inode(),
                        host.a.cgroup::procs,
                        false,
                        TestHost.PATIENCE),
                sink,
                listener);
    }

    /** Dumps, and writes the whole image as the target would. */
    private HeldDump dumpTo(Path target) throws Exception {
        CriuImageWriter writer = new CriuImageWriter(target);
        HeldDump held = dump((space, address, data) -> write(writer, space, address, data), host.a::detach)
                .run();
        host.a.cgroup.freeze(TestHost.PATIENCE);
        for (Path file : held.imageFiles()) {
            writer.file(file.getFileName().toString(), 0, ByteBuffer.wrap(Files.readAllBytes(file)));
        }
        writer.complete(SUMMARY);
        return held;
    }

    /** Page by page, and zeros as the stream tells them. */
    private static void write(CriuImageWriter writer, PageSpace space, long address, ByteBuffer data)
            throws IOException {
        for (int at = 0; at < data.limit(); at += PAGE_BYTES) {
            ByteBuffer page = data.slice(at, PAGE_BYTES);
            if (page.mismatch(ByteBuffer.allocate(PAGE_BYTES)) < 0) {
                writer.zeroPages(space, address + at, 1);
            } else {
                writer.pages(space, address + at, page);
            }
        }
    }

    private RestoreRequest restoreRequest(Path images) throws IOException {
        return new RestoreRequest(
                "ledger",
                images,
                Path.of("/run/netns", host.b.network),
                List.of(host.b.cgroup.procsFile()),
                List.of(Cgroup.root().procsFile()),
                null,
                List.of(new InheritedFile(host.a.log, host.b.log)));
    }

    private Path images(String name) throws IOException {
        return Files.createDirectory(host.directory.resolve(name));
    }

    private static void kill(int pid) throws IOException {
        try (PidFd process = PidFd.open(pid)) {
            process.signal(PidFd.SIGKILL);
            process.awaitExit(TestHost.PATIENCE);
        }
    }
}
