package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** QEMU's monitor protocol: commands, and events that come in between. Confined to one thread. */
final class Qmp implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final BufferedReader in;
    private final List<JsonNode> events = new ArrayList<>();

    Qmp(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        next(); // it greets first
        execute("qmp_capabilities", arguments());
    }

    static ObjectNode arguments() {
        return JsonNodeFactory.instance.objectNode();
    }

    void execute(String command, ObjectNode arguments) throws IOException {
        ObjectNode request = arguments().put("execute", command);
        request.set("arguments", arguments);
        ByteBuffer bytes = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        for (JsonNode answer = next(); !answer.has("return"); answer = next()) {
            if (answer.has("error")) {
                throw new IOException("QEMU refuses " + request + ": " + answer.path("error"));
            }
            events.add(answer);
        }
    }

    /** Waits for an event of one of these names, and takes it; those that came before it stay. */
    JsonNode await(Set<String> names) throws IOException {
        for (Iterator<JsonNode> i = events.iterator(); i.hasNext(); ) {
            JsonNode event = i.next();
            if (names.contains(event.path("event").asText())) {
                i.remove();
                return event;
            }
        }
        for (JsonNode event = next(); ; event = next()) {
            if (names.contains(event.path("event").asText())) {
                return event;
            }
            events.add(event);
        }
    }

    private JsonNode next() throws IOException {
        String line = in.readLine();
        if (line == null) {
            throw new IOException("QEMU has hung up");
        }
        return JSON.readTree(line);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
