package norikae.mirror.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import norikae.mirror.LocalVolume;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.FileStore;
import norikae.mirror.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that we did not write: libnbd's, nbdkit's, QEMU's and fio's, and a file system through FUSE and a loop device. */
@Tag("system")
class NbdClientsTest {

    private static final int SIZE = 256 << 20;

    @SuppressWarnings("NullAway.Init")
    private BlockStore store;

    @SuppressWarnings("NullAway.Init")
    private NbdServer server;

    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private String uri;

    @SuppressWarnings("NullAway.Init")
    private String socket;

    @BeforeEach
    void start(@TempDir Path temporary) throws Exception {
        directory = temporary;
        FileStore.create(directory.resolve("data"), SIZE);
        store = FileStore.open(directory.resolve("data"), SIZE);
        socket = directory.resolve("nbd.sock").toString();
        uri = "nbd+unix:///v?socket=" + socket;
        server = NbdServer.start(Path.of(socket));
        server.add(new NbdExport("v", "a volume of the tests", new LocalVolume(store, false)));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        store.close();
        assertThat(Path.of(socket)).doesNotExist();
    }

    private Path randomFile(String name, int bytes) throws Exception {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return Files.write(directory.resolve(name), content);
    }

    @Test
    void nbdinfoSeesWhatIsOffered() throws Exception {
        String info = Run.ok("nbdinfo", uri);
        assertThat(info)
                .contains("export-size: " + SIZE)
                .contains("newstyle-fixed")
                .contains("structured packets")
                .contains("can_flush: true")
                .contains("can_fua: true")
                .contains("can_multi_conn: true")
                .contains("can_trim: true")
                .contains("can_zero: true")
                .contains("is_read_only: false")
                .contains("base:allocation");
        assertThat(Run.ok("nbdinfo", "--list", uri)).contains("a volume of the tests");
        assertThat(Run.ok("nbdinfo", "--map", uri)).contains("hole,zero");
    }

    @Test
    void nbdcopyCopiesInAndOutAndKeepsHoles() throws Exception {
        Path original = randomFile("original", 48 << 20);
        Run.ok("truncate", "-s", "" + SIZE, original.toString());
        Run.ok("nbdcopy", "--flush", original.toString(), uri);
        Path copy = directory.resolve("copy");
        Run.ok("nbdcopy", uri, copy.toString());
        Run.ok("cmp", original.toString(), copy.toString());
        assertThat(Run.ok("nbdinfo", "--map", "--totals", uri)).contains("hole,zero");
    }

    @Test
    void nbdcopyCopiesFromOneDiskOfOursToAnother() throws Exception {
        FileStore.create(directory.resolve("second"), SIZE);
        try (BlockStore second = FileStore.open(directory.resolve("second"), SIZE)) {
            server.add(new NbdExport("w", "another", new LocalVolume(second, false)));
            String other = "nbd+unix:///w?socket=" + socket;
            Path original = randomFile("original", 24 << 20);
            Run.ok("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", original.toString(), uri);
            Run.ok("nbdcopy", "--flush", "--connections=4", "--requests=64", uri, other);
            assertThat(Run.ok("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, other))
                    .contains("identical");
            Path back = directory.resolve("back");
            Run.ok("qemu-img", "convert", "-f", "raw", "-O", "raw", other, back.toString());
            Run.ok("cmp", "--bytes=" + (24 << 20), original.toString(), back.toString());
            Run.ok("qemu-io", "-f", "raw", "-c", "write -P 7 5M 4k", other);
            assertThat(Run.of("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, other)
                            .output())
                    .contains("Content mismatch at offset " + (5 << 20));
        }
    }

    @Test
    void nbdinfoMapsWhatIsDataAndWhatIsNot() throws Exception {
        Run.ok("qemu-io", "-f", "raw", "-c", "write 16M 1M", "-c", "write 64M 64k", "-c", "discard 64M 64k", uri);
        assertThat(Run.ok("nbdinfo", "--map", uri).lines().map(line -> line.strip()
                        .replaceAll(" +", " ")))
                .containsExactly(
                        "0 " + (16 << 20) + " 3 hole,zero",
                        (16 << 20) + " " + (1 << 20) + " 0 data",
                        (17 << 20) + " " + (SIZE - (17 << 20)) + " 3 hole,zero");
        assertThat(Run.ok("nbdinfo", "--size", uri).strip()).isEqualTo("" + SIZE);
        assertThat(Run.ok("nbdinfo", "--json", uri)).contains("\"export-size\": " + SIZE);
        Run.ok("nbdinfo", "--can", "flush", uri);
        Run.ok("nbdinfo", "--can", "fua", uri);
        Run.ok("nbdinfo", "--can", "df", uri);
    }

    /** What is written through it is read back, by itself, around it, and by its filter that compares. */
    @Test
    void nbdkitPassesRequestsOnThroughItsFilters() throws Exception {
        Path original = randomFile("original", 16 << 20);
        Run.ok("truncate", "-s", "" + SIZE, original.toString());
        nbdkit(
                List.of("--filter=blocksize", "--filter=fua", "--filter=stats"),
                List.of("minblock=4096", "maxdata=65536", "fuamode=force", "statsfile=" + directory.resolve("stats")),
                "nbdcopy --flush " + original + " $uri");
        Run.ok("cmp", original.toString(), directory.resolve("data").toString());
        assertThat(Files.readString(directory.resolve("stats"))).contains("write:");
        nbdkit(List.of("--filter=checkwrite"), List.of(), "nbdcopy " + original + " $uri");
        Path other = randomFile("other", 1 << 20);
        assertThat(nbdkitRun(List.of("--filter=checkwrite"), List.of(), "nbdcopy " + other + " $uri")
                        .exit())
                .as("other data is not what is there")
                .isNotZero();
        nbdkit(
                List.of("--filter=cow"),
                List.of(),
                "/usr/bin/python3 -m nbd -u $uri -c 'h.pwrite(b\"x\" * 4096, 0)' -c 'assert h.pread(4096, 0) == b\"x\" * 4096'");
        Run.ok("cmp", original.toString(), directory.resolve("data").toString());
        Path back = directory.resolve("back");
        nbdkit(List.of("--filter=retry", "--filter=extentlist"), List.of("extentlist=/dev/null"), "true");
        nbdkit(List.of("--filter=noextents"), List.of("shared=true"), "nbdcopy $uri " + back);
        Run.ok("cmp", original.toString(), back.toString());
    }

    private void nbdkit(List<String> filters, List<String> settings, String command) throws Exception {
        Run run = nbdkitRun(filters, settings, command);
        assertThat(run.exit()).as("%s: %s", run.command(), run.output()).isZero();
    }

    private Run nbdkitRun(List<String> filters, List<String> settings, String command) throws Exception {
        List<String> words = new ArrayList<>(List.of("nbdkit", "--unix=-"));
        words.addAll(filters);
        words.addAll(List.of("nbd", "uri=" + uri));
        words.addAll(settings);
        words.addAll(List.of("--run", command));
        return Run.of(words.toArray(String[]::new));
    }

    @Test
    void qemuReadsWritesZeroesDiscardsAndFlushes() throws Exception {
        String io = Run.ok(
                "qemu-io",
                "-f",
                "raw",
                "-c",
                "write -P 0xab 1000 70000",
                "-c",
                "write -f -P 0xcd 1M 3M",
                "-c",
                "read -P 0xab 1000 70000",
                "-c",
                "write -z 2M 1M",
                "-c",
                "write -z -u 1536k 64k",
                "-c",
                "read -P 0 2M 1M",
                "-c",
                "read -P 0 1536k 64k",
                "-c",
                "read -P 0xcd 1M 512k",
                "-c",
                "discard 1M 512k",
                "-c",
                "flush",
                "-c",
                "aio_write -P 1 8M 1M",
                "-c",
                "aio_write -P 2 9M 1M",
                "-c",
                "aio_read 1M 8M",
                "-c",
                "aio_flush",
                "-c",
                "read -P 2 9M 1M",
                "nbd+unix:///v?socket=" + socket);
        assertThat(io).doesNotContain("failed").doesNotContain("verification");
        Path original = randomFile("original", 16 << 20);
        Run.ok("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", original.toString(), uri);
        assertThat(Run.ok("qemu-img", "compare", "-f", "raw", "-F", "raw", original.toString(), uri))
                .contains("identical");
        assertThat(Run.ok("qemu-img", "map", "--output=json", uri)).contains("\"zero\": true");
    }

    @Test
    void fioFindsWhatItWroteAtEveryDepth() throws Exception {
        Run.ok(
                "fio",
                "--name=v",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=randwrite",
                "--bs=4k-64k",
                "--iodepth=16",
                "--size=32m",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--do_verify=1",
                "--fsync=32",
                "--output=" + directory.resolve("fio"));
    }

    @Test
    void manyConnectionsShareOneDisk() throws Exception {
        Run.ok("/usr/bin/python3", "-c", """
                import nbd
                import os
                size = %d
                hs = [nbd.NBD() for _ in range(4)]
                for h in hs:
                    h.add_meta_context("base:allocation")
                    h.connect_uri("%s")
                assert hs[0].can_multi_conn()
                for i, h in enumerate(hs):
                    h.pwrite(bytes([i + 1]) * 65536, i * 65536)
                hs[0].flush()
                for i, h in enumerate(hs):
                    assert hs[3 - i].pread(65536, i * 65536) == bytes([i + 1]) * 65536
                # many requests in flight on one connection, answered in any order
                h = hs[0]
                bufs = [nbd.Buffer.from_bytearray(bytearray(os.urandom(100000))) for _ in range(200)]
                cookies = [h.aio_pwrite(b, i * 100000) for i, b in enumerate(bufs)]
                while cookies:
                    h.poll(-1)
                    cookies = [c for c in cookies if not h.aio_command_completed(c)]
                for i, b in enumerate(bufs):
                    assert hs[1].pread(100000, i * 100000) == bytes(b.to_bytearray())
                # a read that crosses data and holes, by chunks and in one piece
                chunks = []
                h.zero(1 << 20, 2 << 20)
                pieces = []
                h.pread_structured(8 << 20, 0, lambda b, off, status, err: pieces.append((off, bytes(b))), nbd.CMD_FLAG_DF)
                assert [off for off, _ in pieces] == [0]
                whole = pieces[0][1]
                h.pread_structured(8 << 20, 0, lambda b, off, status, err: chunks.append((off, bytes(b))))
                assert b"".join(c for _, c in sorted(chunks)) == whole
                # beyond the end, as the client library would never send by itself
                for h in hs:
                    h.set_strict_mode(0)
                for call in (lambda: h.pread(2, size - 1), lambda: h.pwrite(b"xx", size - 1), lambda: h.trim(2, size - 1)):
                    try:
                        call()
                        raise SystemExit("not refused")
                    except nbd.Error as e:
                        assert e.errnum in (22, 28), e
                entries = []
                h.block_status(size, 0, lambda m, o, e, err: entries.extend(e))
                assert sum(entries[0::2]) <= size and 0 in entries[1::2] and entries[-1] == 3, entries
                assert h.pread(3, 0) is not None
                """.formatted(SIZE, uri));
    }

    @Test
    void aFileSystemOnALoopDeviceOverFuseLivesOnIt() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        Path mount = Files.createDirectory(directory.resolve("mnt"));
        Process fuse = new ProcessBuilder("nbdfuse", file.toString(), "--unix", socket)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("fuse.log").toFile())
                .start();
        // nbdfuse asks for the export without a name
        server.add(new NbdExport("", "the only one", new LocalVolume(store, false)));
        String loop = "";
        try {
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (Files.size(file) != SIZE && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            Run.ok("mkfs.ext4", "-q", "-F", file.toString());
            loop = Run.ok("losetup", "-f", "--show", file.toString()).strip();
            Run.ok("mount", loop, mount.toString());
            Path original = randomFile("original", 20 << 20);
            Run.ok("cp", original.toString(), mount.resolve("copy").toString());
            Run.ok("sync", "-f", mount.toString());
            Run.ok("umount", mount.toString());
            Run.ok("e2fsck", "-fn", loop);
            Run.ok("mount", "-o", "ro", loop, mount.toString());
            Run.ok("cmp", original.toString(), mount.resolve("copy").toString());
        } finally {
            Run.of("umount", mount.toString());
            if (!loop.isEmpty()) {
                Run.of("losetup", "-d", loop);
            }
            Run.of("umount", file.toString());
            fuse.destroy();
            fuse.waitFor();
        }
        Run.ok("e2fsck", "-fn", directory.resolve("data").toString());
    }

    @Test
    void tcpServesTheSame() throws Exception {
        try (NbdServer tcp = NbdServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            tcp.add(new NbdExport("v", "over TCP", new LocalVolume(store, true)));
            int port = ((InetSocketAddress) tcp.address()).getPort();
            assertThat(Run.ok("nbdinfo", "nbd://127.0.0.1:" + port + "/v")).contains("is_read_only: true");
            assertThat(Run.of("nbdinfo", "nbd://127.0.0.1:" + port + "/other").output())
                    .contains("No such file or directory for export: other");
        }
    }
}
