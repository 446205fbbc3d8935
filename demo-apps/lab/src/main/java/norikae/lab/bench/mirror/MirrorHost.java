package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.VolumeDirectory;

/**
 * The program on each host of {@code bin/bench mirror} that has a copy of the volume: what an agent would be, without a
 * cluster. Reads a request in JSON a line, and answers each with a line; ends at the end of its input. Confined to one thread.
 *
 * <pre>
 * create  id, bytes             makes a copy, never written
 * begin                         lets its history begin, without a change of its blocks
 * offer                         lets a primary write to it, at {@value #REPLICA_PORT}
 * withdraw                      no longer
 * open    ReplicaChoice or none becomes its primary; an NBD export at {@value #SOCKET}
 * await                         -> nanos   from open until the replica has everything
 * change  seed                  as {@link DataFile#change} does, through the volume
 * load    content, rate, ramp, millis -> nanos, written, sent, history
 *                               an application that writes so many bytes each second, measured after the ramp
 * close                         gives it back, with whatever the replica still lacks
 * </pre>
 */
public final class MirrorHost implements AutoCloseable {

    static final int REPLICA_PORT = 7210;
    static final String SOCKET = "norikae.sock";
    static final String EXPORT = "volume";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final VolumeName NAME = new VolumeName("volume");

    private final Path directory = Path.of(Hosts.path(NAME.value()));
    private final HostedPrimary primary;
    private final HostedReplica replica;

    private MirrorHost(NodeId node) throws IOException {
        primary = new HostedPrimary(node, directory, Path.of(Hosts.path(SOCKET)));
        replica = new HostedReplica(node, directory, REPLICA_PORT);
    }

    /** @param args this host's name */
    public static void main(String[] args) throws IOException {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (MirrorHost host = new MirrorHost(new NodeId(args[0]))) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                JsonNode request = JSON.readTree(line);
                ObjectNode answer = JsonNodeFactory.instance.objectNode();
                answer.set("answers", request.path("number"));
                try {
                    host.obey(request, answer);
                    answer.put("failure", "");
                } catch (IOException | RuntimeException e) {
                    answer.put("failure", e.toString());
                }
                System.out.println(answer);
            }
        }
    }

    private void obey(JsonNode request, ObjectNode answer) throws IOException {
        switch (request.path("do").asText()) {
            case "create" ->
                VolumeDirectory.create(
                        directory,
                        NAME,
                        UUID.fromString(request.path("id").asText()),
                        request.path("bytes").asLong());
            case "begin" -> primary.begin();
            case "offer" -> replica.offer();
            case "withdraw" -> replica.withdraw();
            case "open" ->
                primary.open(
                        request.has("mode")
                                ? List.of(JSON.treeToValue(request, ReplicaChoice.class)
                                        .spec())
                                : List.of());
            case "await" -> answer.put("nanos", primary.awaitReplica());
            case "change" -> primary.change(request.path("seed").asLong());
            case "load" ->
                primary.load(
                        Content.valueOf(request.path("content").asText()),
                        request.path("rate").asLong(),
                        Duration.ofMillis(request.path("ramp").asLong()),
                        Duration.ofMillis(request.path("millis").asLong()),
                        answer);
            case "close" -> primary.closeVolume();
            default -> throw new IllegalArgumentException("unknown request: " + request);
        }
    }

    @Override
    public void close() throws IOException {
        try (replica) {
            primary.close();
        }
    }
}
