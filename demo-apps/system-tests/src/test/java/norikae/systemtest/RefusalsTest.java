package norikae.systemtest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whom and what a running cluster refuses, and how; whatever it is, the service goes on with its client. */
@Tag("system")
@ExtendWith(LastWords.class)
class RefusalsTest {

    private static final String SERVICE = "ledger";
    private static final int PORT = 7100;
    private static final List<Integer> PORTS = List.of(7071, 7072, 7073);
    private static final byte[] HTTP2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(ISO_8859_1);

    private static final int USAGE = 2;
    private static final int NOT_FOUND = 3;
    private static final int NOT_NOW = 4;
    private static final int FORBIDDEN = 6;
    private static final int DID_NOT_MOVE = 7;

    private static Path folder;
    private static TestCluster cluster;
    private static LineConnection client;

    @BeforeAll
    static void boot(@TempDir Path temporary) {
        folder = temporary;
        cluster = TestCluster.boot("refuse", "10.84.0");
        cluster.run(SERVICE, 50, "node-a", ledger());
        client = LineConnection.open(cluster.address(50), PORT);
    }

    @AfterAll
    static void down() {
        client.close();
        cluster.close();
    }

    @AfterEach
    void theServiceIsWhereItWasAndItsClientStillConnected() {
        assertThat(cluster.awaitSettled(SERVICE).getNode()).isEqualTo("node-a");
        assertThat(client.ask("PING")).isEqualTo("OK pong");
    }

    // ---- whom

    @Test
    void aViewerSeesEverythingAndChangesNothing() throws IOException {
        Path eye = folder.resolve("eye");
        assertThat(norikae("operator", "add", "eye", "--role", "viewer", "--out", eye.toString())
                        .code())
                .isZero();
        Path viewer = eye.resolve("client.json");
        CommandRun status = CommandRun.norikae(cluster, viewer, "status");
        assertThat(status.code()).as(status.errors()).isZero();
        assertThat(status.output()).contains(SERVICE).contains("node-a");

        Path spec = spec("other", "address: " + cluster.address(51) + "/24");
        for (List<String> command : List.of(
                List.of("migrate", SERVICE, "--to", "node-b"),
                List.of("stop", SERVICE),
                List.of("drain", "node-a"),
                List.of("run", spec.toString()),
                List.of("node", "token"),
                List.of("node", "remove", "witness"),
                List.of(
                        "operator",
                        "add",
                        "more",
                        "--role",
                        "operator",
                        "--out",
                        folder.resolve("more").toString()))) {
            CommandRun refused = CommandRun.norikae(cluster, viewer, command.toArray(String[]::new));
            assertThat(refused.code()).as(command + ": " + refused).isEqualTo(FORBIDDEN);
            assertThat(refused.errors()).as(command.toString()).contains("viewer");
        }
    }

    @Test
    void withoutACertificateOfTheClusterNobodyGetsAByteFromAnyPort() throws IOException {
        Path foreignCertificate = folder.resolve("foreign.crt");
        Path foreignKey = folder.resolve("foreign.key");
        CommandRun made = CommandRun.of(
                new byte[0],
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ed25519",
                "-nodes",
                "-subj",
                "/OU=node/CN=node-a",
                "-keyout",
                foreignKey.toString(),
                "-out",
                foreignCertificate.toString());
        assertThat(made.code()).as(made.errors()).isZero();
        for (int port : PORTS) {
            for (List<String> who : List.of(
                    List.of("-tls1_3"),
                    List.of("-tls1_3", "-cert", foreignCertificate.toString(), "-key", foreignKey.toString()))) {
                CommandRun seen = tls(port, HTTP2, who);
                assertThat(seen.output()).as(port + " " + who).isEmpty();
            }
            assertThat(plain(port)).as("without TLS, port " + port).isNegative();
        }
    }

    @Test
    void theRightCertificateGetsAnAnswerAndAnOldTlsNone() throws IOException {
        ClientConfig operator = ClientConfig.load(cluster.lab().clientConfig());
        CommandRun right = tls(
                7071,
                HTTP2,
                List.of(
                        "-tls1_3",
                        "-cert",
                        operator.certificate().toString(),
                        "-key",
                        operator.key().toString()));
        assertThat(right.output()).as("this way of asking can hear an answer").isNotEmpty();
        CommandRun seen = tls(
                7071,
                HTTP2,
                List.of(
                        "-tls1_2",
                        "-cert",
                        operator.certificate().toString(),
                        "-key",
                        operator.key().toString()));
        assertThat(seen.output()).isEmpty();
        assertThat(seen.errors()).contains("protocol version");
    }

    /** A node that has gone mad has a right certificate; it must not take the others with it. */
    @Test
    void aFrameWithAHugeLengthEndsItsConnectionAndNothingElse() {
        Path pki = cluster.node("node-a").file("/var/lib/norikae/pki");
        byte[] frame = new byte[64];
        Arrays.fill(frame, (byte) 0xff);
        System.arraycopy("NRKF\1".getBytes(ISO_8859_1), 0, frame, 0, 5);
        CommandRun seen = tls(
                7072,
                frame,
                List.of(
                        "-tls1_3",
                        "-cert",
                        pki.resolve("node.crt").toString(),
                        "-key",
                        pki.resolve("node.key").toString()));
        assertThat(seen.errors()).as("the handshake went well").doesNotContain("alert");
        assertThat(cluster.status(SERVICE).getNode()).isEqualTo("node-a");
    }

    // ---- what

    @Test
    void namesThatDoNotExistAreNamed() {
        assertRefused(NOT_FOUND, List.of("ledgre"), "migrate", "ledgre", "--to", "node-b");
        assertRefused(NOT_FOUND, List.of("mars", "node-b"), "migrate", SERVICE, "--to", "mars");
        assertRefused(NOT_NOW, List.of("node-a already", "another node"), "migrate", SERVICE, "--to", "node-a");
        assertRefused(NOT_NOW, List.of("witness", "another node"), "migrate", SERVICE, "--to", "witness");
        assertRefused(NOT_FOUND, List.of("ledgre"), "stop", "ledgre");
        assertRefused(NOT_FOUND, List.of("mars"), "drain", "mars");
    }

    @Test
    void aWrongSpecIsShownWithLineAndColumn() throws IOException {
        Path unknown = spec("other", "adress: " + cluster.address(51) + "/24");
        assertRefused(USAGE, List.of(unknown + ":", "adress", "address"), "run", unknown.toString());
        Path type = spec("other", "address: " + cluster.address(51) + "/24\nlimits: {memory: much}");
        assertRefused(USAGE, List.of(type + ":6:", "memory", "much"), "run", type.toString());
    }

    @Test
    void anAddressInUseIsNotTakenAway() throws IOException {
        Path sameService = spec("other", "address: " + cluster.address(50) + "/24");
        assertRefused(NOT_NOW, List.of(cluster.address(50), SERVICE), "run", sameService.toString());

        String foreign = cluster.address(77);
        cluster.node("client").run("ip", "address", "add", foreign + "/32", "dev", Lab.NODE_BRIDGE);
        Path sameHost = spec("other", "address: " + foreign + "/24");
        CommandRun refused = norikae("run", sameHost.toString());
        assertThat(refused.code()).as(refused.toString()).isEqualTo(NOT_NOW);
        assertThat(refused.errors()).contains(foreign).contains("in use").contains("MAC");
    }

    @Test
    void aServiceMovesOnceAtATime() {
        cluster.hold("node-a", "SOURCE_CHECKED");
        try {
            Thread first = cluster.moveInBackground(SERVICE, "node-b");
            cluster.awaitHeld("node-a", "SOURCE_CHECKED");
            CommandRun second = norikae("migrate", SERVICE, "--to", "node-b");
            assertThat(second.code()).as(second.toString()).isEqualTo(NOT_NOW);
            assertThat(second.errors()).contains(SERVICE).contains("moving");
            cluster.letGo("node-a", "SOURCE_CHECKED");
            TestCluster.await("the first move has ended", () -> !first.isAlive());
        } finally {
            cluster.letGo("node-a", "SOURCE_CHECKED");
        }
        assertThat(cluster.awaitSettled(SERVICE).getNode()).isEqualTo("node-b");
        assertThat(cluster.move(SERVICE, "node-a").getMoved()).isTrue();
    }

    @Test
    void aFullDiskOnTheTargetIsSaidAndCostsNothing() {
        String records = "/run/norikae/capsules";
        cluster.node("node-b").run("mount", "-t", "tmpfs", "-o", "size=4k", "none", records);
        try {
            cluster.node("node-b").run("sh", "-c", "head -c 4096 /dev/zero > " + records + "/junk.tmp");
            CommandRun refused = norikae("migrate", SERVICE, "--to", "node-b");
            assertThat(refused.code()).as(refused.toString()).isEqualTo(DID_NOT_MOVE);
            assertThat(refused.errors() + refused.output()).contains("No space left");
        } finally {
            cluster.node("node-b").run("umount", records);
        }
        assertThat(cluster.move(SERVICE, "node-b").getMoved()).isTrue();
        assertThat(cluster.move(SERVICE, "node-a").getMoved()).isTrue();
    }

    // ---- helpers

    private static void assertRefused(int code, List<String> words, String... command) {
        CommandRun run = norikae(command);
        assertThat(run.code()).as(run.toString()).isEqualTo(code);
        assertThat(run.errors()).contains(words);
    }

    private static CommandRun norikae(String... arguments) {
        return CommandRun.norikae(cluster, cluster.lab().clientConfig(), arguments);
    }

    /** What a TLS client of somebody else's making gets to see of a node's port: its output is what was decrypted. */
    private static CommandRun tls(int port, byte[] says, List<String> options) {
        List<String> command = new ArrayList<>(List.of(
                "timeout",
                "5",
                "openssl",
                "s_client",
                "-quiet",
                "-connect",
                cluster.node("node-b").address() + ":" + port));
        command.addAll(options);
        return CommandRun.of(says, command.toArray(String[]::new));
    }

    /** The first byte that comes without TLS; negative if none ever does. */
    private static int plain(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(cluster.node("node-b").address(), port), 5_000);
            socket.setSoTimeout(2_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
            int first = socket.getInputStream().read();
            // A TLS alert says that this is no TLS; it is no byte of the service.
            return first == 0x15 ? -1 : first;
        } catch (java.net.SocketException | java.net.SocketTimeoutException e) {
            return -1;
        }
    }

    private static List<String> ledger() {
        return cluster.ledger("64m", "server", "--port", Integer.toString(PORT));
    }

    private static Path spec(String name, String rest) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "spec", ".yaml"), """
                name: %s
                command: [%s]
                user: root
                node: node-b
                %s
                """.formatted(
                name,
                String.join(
                        ", ", ledger().stream().map(word -> '"' + word + '"').toList()),
                rest));
    }
}
