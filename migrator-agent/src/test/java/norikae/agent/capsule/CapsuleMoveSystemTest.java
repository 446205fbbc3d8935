package norikae.agent.capsule;

import static norikae.agent.capsule.TestNode.BASE_PID;
import static norikae.agent.capsule.TestNode.EPOCH;
import static norikae.agent.capsule.TestNode.PATIENCE;
import static norikae.agent.capsule.TestNode.await;
import static norikae.agent.capsule.TestNode.log;
import static norikae.agent.capsule.TestNode.name;
import static norikae.agent.capsule.TestNode.read;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import norikae.agent.criu.CriuBinary;
import norikae.agent.criu.CriuDump;
import norikae.agent.criu.CriuImageWriter;
import norikae.agent.criu.CriuRestore;
import norikae.agent.criu.DumpRequest;
import norikae.agent.criu.GroupStop;
import norikae.agent.criu.HeldDump;
import norikae.agent.criu.HeldRestore;
import norikae.agent.criu.InheritedFile;
import norikae.agent.criu.RestoreRequest;
import norikae.failover.model.Limits;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.failover.move.TargetEnding.Copy;
import norikae.linux.Procfs;
import norikae.transfer.ImageSummary;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a capsule is for: CRIU takes its processes out of it and puts them into the next one. Here the next one has the
 * same names on the same node, so the first must be gone by then.
 */
@Tag("system")
@Timeout(120)
class CapsuleMoveSystemTest {

    @RegisterExtension
    static final TestNetwork NETWORK = new TestNetwork();

    private static final String MOVE = "move-1";

    private final TestNode node = new TestNode();
    private final CapsuleManager manager = node.manager();
    private final ServiceName name = name("mover");
    private final Limits limits = new Limits(512L << 20, 1.0, 100, 500);
    private final ServiceSpec spec =
            node.spec(name, TestNode.java("-Xmx64m", TestService.class.getName(), "echo"), "root", limits);

    CapsuleMoveSystemTest() throws IOException {}

    @AfterEach
    void nothingIsLeft() throws Exception {
        node.close();
        node.assertNothingLeft(name);
    }

    @Test
    void aServiceMovesIntoAPreparedCapsuleAndItsClientNoticesAPause() throws Exception {
        Capsule source = manager.start(spec, EPOCH, BASE_PID);
        await(() -> log(source).contains(TestService.READY), "the service listens");
        try (Socket client = new Socket()) {
            client.connect(new InetSocketAddress("10.213.78.50", TestService.PORT), 10_000);
            client.setSoTimeout(20_000);
            echo(client, "before");

            Path images = takeOut(source);
            EmptyCapsule target = manager.prepare(spec, EPOCH.next(), BASE_PID, MOVE);
            HeldRestore restore = CriuRestore.prepare(CriuBinary.find(), restoreRequest(source, target, images))
                    .start();
            assertThat(residue(manager).copy()).isEqualTo(Copy.UNFINISHED);
            restore.resume(() -> target.cgroup().freeze(PATIENCE));
            Capsule here = target.adoptRestored(restore.rootPid());
            assertThat(here.linkAttached()).isFalse();
            assertThat(target.cgroup().procs()).doesNotContain(restore.criuPid());

            // The agent dies here: the next one finds the copy whole, frozen and unreachable.
            CapsuleManager next = node.manager();
            assertThat(next.adopt()).isEmpty();
            assertThat(residue(next).copy()).isEqualTo(Copy.RELEASED);
            assertThat(next.provesNeverResumed(MOVE)).isTrue();
            Capsule moved = residue(next).adoptReleased();
            letRun(next, moved);

            echo(client, "after");
            assertThat(next.find(name)).contains(moved);
            assertThat(moved.epoch()).isEqualTo(EPOCH.next());
            assertThat(Procfs.namespacePids(TestNode.servicePid(moved)).getLast())
                    .isEqualTo(BASE_PID);
            assertThat(next.residues()).isEmpty();
            assertThat(moved.stop(PATIENCE).killed()).isFalse();
        }
        assertThat(read(node.directory.resolve("services/" + name + "/log-2"))).doesNotContain("broken");
        node.assertNothingLeft(name);
    }

    private static void letRun(CapsuleManager manager, Capsule capsule) throws IOException {
        manager.markMayHaveResumed(MOVE);
        assertThat(residue(manager).copy()).isEqualTo(Copy.RELEASED);
        capsule.attachLink();
        capsule.thaw();
        GroupStop.release(capsule.cgroup().procs());
        capsule.announce();
        assertThat(residue(manager).copy()).isEqualTo(Copy.RUNNING);
        capsule.markRunning(capsule.epoch());
    }

    /** Dumps the service into a directory as a target would have it, and destroys its capsule. */
    private Path takeOut(Capsule source) throws Exception {
        Path images = Files.createDirectory(node.directory.resolve("target-images"));
        Path metadata = Files.createDirectory(node.directory.resolve("source-images"));
        CriuImageWriter writer = new CriuImageWriter(images);
        source.markMovingOut(MOVE);
        HeldDump held = new CriuDump(
                        CriuBinary.find(),
                        new DumpRequest(
                                name.value(),
                                source.initPid(),
                                metadata,
                                source.netnsInode(),
                                source.cgroup()::procs,
                                false,
                                PATIENCE),
                        writer::pages,
                        source::detachLink)
                .run();
        source.freeze(PATIENCE);
        for (Path file : held.imageFiles()) {
            writer.file(file.getFileName().toString(), 0, ByteBuffer.wrap(Files.readAllBytes(file)));
        }
        writer.complete(new ImageSummary(0, 0, 0, 0));
        assertThat(source.alive()).isTrue();
        held.discard();
        source.destroy();
        node.assertNothingLeft(name);
        return images;
    }

    private static RestoreRequest restoreRequest(Capsule source, EmptyCapsule target, Path images) throws IOException {
        return new RestoreRequest(
                target.service().value(),
                images,
                target.netnsPath(),
                target.cgroupProcsFiles(),
                target.agentProcsFiles(),
                null,
                List.of(new InheritedFile(source.logPath(), target.logPath())));
    }

    private static Residue residue(CapsuleManager manager) {
        assertThat(manager.residues()).hasSize(1);
        return manager.residues().getFirst();
    }

    private static void echo(Socket client, String word) throws IOException {
        client.getOutputStream().write(word.getBytes(StandardCharsets.UTF_8));
        assertThat(new String(client.getInputStream().readNBytes(word.length()), StandardCharsets.UTF_8))
                .isEqualTo(word);
    }
}
