package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import norikae.failover.model.ReplicationMode;

/**
 * Our volume: its primary on the source, its replica on the target, each in a program that lives as long as this. Confined to
 * one thread.
 */
final class ReplicatedVolume implements AutoCloseable {

    /** The volume's directory on both hosts. */
    private static final String DIRECTORY = "volume";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Hosts hosts;
    private final HostClient primary;
    private final HostClient replica;

    ReplicatedVolume(Hosts hosts) {
        this.hosts = hosts;
        this.primary = HostClient.start(hosts.source(), hosts.lab().distribution());
        this.replica = HostClient.start(hosts.target(), hosts.lab().distribution());
    }

    /** Makes two new copies, both all zeros, in place of what there was. */
    void createEmpty(long bytes) {
        hosts.remove(DIRECTORY);
        ObjectNode volume = JsonNodeFactory.instance
                .objectNode()
                .put("id", UUID.randomUUID().toString())
                .put("bytes", bytes);
        primary.ask("create", volume.deepCopy());
        replica.ask("create", volume);
    }

    /** The same, but what the source's copy holds is {@link Hosts#DATA}: the very file. */
    void createOfData(long bytes) throws IOException {
        createEmpty(bytes);
        Path blocks = hosts.onSource(DIRECTORY + "/data");
        Files.delete(blocks);
        Files.createLink(blocks, hosts.onSource(Hosts.DATA));
        primary.ask("begin");
    }

    /** The replica's blocks. */
    Path copy() {
        return hosts.onTarget(DIRECTORY + "/data");
    }

    ReplicaChoice choice(ReplicationMode mode) {
        return ReplicaChoice.of(hosts.target().name(), hosts.target().address(), mode);
    }

    /** Opens the volume without a replica. */
    void open() {
        primary.ask("open");
    }

    /** Opens it, and returns once the replica has everything on stable storage; how long that took. */
    Duration open(ReplicaChoice choice) {
        replica.ask("offer");
        primary.ask("open", JSON.valueToTree(choice));
        return Duration.ofNanos(primary.ask("await").path("nanos").asLong());
    }

    /** Writes as {@link DataFile#change} does, while the replica is away. */
    void changeAlone(ReplicaChoice choice, long seed) {
        primary.ask("open", JSON.valueToTree(choice));
        primary.ask("change", JsonNodeFactory.instance.objectNode().put("seed", seed));
        primary.ask("close");
    }

    /** What {@link MirrorHost} tells of a load. */
    JsonNode load(Content content, long bytesPerSecond, Duration ramp, Duration time) {
        return primary.ask(
                "load",
                JsonNodeFactory.instance
                        .objectNode()
                        .put("content", content.name())
                        .put("rate", bytesPerSecond)
                        .put("ramp", ramp.toMillis())
                        .put("millis", time.toMillis()));
    }

    /** Closes both copies. */
    void leave() {
        primary.ask("close");
        replica.ask("withdraw");
    }

    /** Lets the closed primary forget which blocks the replica has: opened again, it compares all of them. */
    void forgetDifferences() throws IOException {
        Files.delete(hosts.onSource(DIRECTORY + "/differs-" + hosts.target().name() + ".map"));
    }

    /** Where NBD clients on the source find it while it is open. */
    static String uri() {
        return Nbd.uri(MirrorHost.SOCKET);
    }

    @Override
    public void close() {
        try (replica) {
            primary.close();
        }
    }
}
