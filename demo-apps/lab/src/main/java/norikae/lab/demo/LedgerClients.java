package norikae.lab.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.LabProcess;

/**
 * The clients of the ledger on a host of the laboratory: the {@code ledger client} program, its windows and its summary.
 * Confined to one thread.
 */
public final class LedgerClients implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LabProcess process;

    private LedgerClients(LabProcess process) {
        this.process = process;
    }

    /**
     * Starts them and returns when all are connected and warm.
     *
     * @param address of the ledger, with its port
     */
    public static LedgerClients start(LabNode host, Path java, Path jar, String address, int connections) {
        LabProcess process = host.exec(
                java.toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-jar",
                jar.toString(),
                "client",
                "--address",
                address,
                "--connections",
                Integer.toString(connections),
                "--json");
        LedgerClients clients = new LedgerClients(process);
        process.awaitOutput("\"type\":\"ready\"", PATIENCE);
        return clients;
    }

    /** Begins a measuring window. */
    public void begin(String window) {
        tell("mark " + window);
    }

    /** Ends a window that was begun, and tells what the clients saw in it. */
    public JsonNode end(String window) {
        tell("mark after-" + window);
        process.awaitOutput("\"next\":\"after-" + window + "\"", PATIENCE);
        return line("window", "window", window);
    }

    /** What the clients saw in a window that has ended because another one was begun. */
    public JsonNode ended(String window) {
        return line("window", "window", window);
    }

    /** Ends the run; the clients and the ledger compare their books. */
    public JsonNode stop() {
        tell("stop");
        process.await(PATIENCE);
        return line("summary", "type", "summary");
    }

    private void tell(String command) {
        try {
            process.stdin().write((command + "\n").getBytes(StandardCharsets.UTF_8));
            process.stdin().flush();
        } catch (IOException e) {
            throw new LabException(
                    "the ledger's clients have ended: " + process.errors().strip(), e);
        }
    }

    private JsonNode line(String type, String key, String value) {
        for (String line : process.output().split("\n", -1)) {
            try {
                JsonNode json = line.startsWith("{") ? JSON.readTree(line) : JSON.missingNode();
                if (json.path("type").asText().equals(type)
                        && json.path(key).asText().equals(value)) {
                    return json;
                }
            } catch (IOException e) {
                throw new LabException("the ledger's clients said something that is no JSON: " + line, e);
            }
        }
        throw new LabException("the ledger's clients did not report " + type + " " + value + ": "
                + process.errors().strip());
    }

    @Override
    public void close() {
        process.close();
    }
}
