package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import norikae.lab.Distribution;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.LabProcess;

/** A {@link MirrorHost} on a host of the laboratory, asked from here. Confined to one thread. */
final class HostClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(6);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Those of an agent: it is there that volumes live. */
    private static final List<String> JAVA_OPTIONS = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-XX:MaxDirectMemorySize=256m",
            "-Dio.netty.jfr.enabled=false",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    /** Options for the JVM that come after those, to see what others would bring. */
    private static final String MORE_OPTIONS = "NORIKAE_BENCH_JAVA_OPTS";

    private final LabProcess process;
    private int requests;

    private HostClient(LabProcess process) {
        this.process = process;
    }

    static HostClient start(LabNode node, Distribution distribution) {
        List<String> command = new ArrayList<>();
        command.add(distribution.javaHome().resolve("bin/java").toString());
        command.addAll(JAVA_OPTIONS);
        String more = System.getenv(MORE_OPTIONS);
        if (more != null) {
            command.addAll(List.of(more.strip().split(" +", -1)));
        }
        Path root = distribution.root();
        command.addAll(List.of(
                "-Dlogback.configurationFile=" + root.resolve("bin/lib/norikaed-logback.xml"),
                "-cp",
                root.resolve("target/norikae/lib") + "/*",
                MirrorHost.class.getName(),
                node.name()));
        return new HostClient(node.exec(command.toArray(String[]::new)));
    }

    /** A request without anything more. */
    JsonNode ask(String verb) {
        return ask(verb, JsonNodeFactory.instance.objectNode());
    }

    /** Returns the answer. */
    JsonNode ask(String verb, ObjectNode request) {
        int number = ++requests;
        request.put("do", verb).put("number", number);
        try {
            process.stdin().write((request + "\n").getBytes(StandardCharsets.UTF_8));
            process.stdin().flush();
        } catch (IOException e) {
            throw new LabException(process + " has ended: " + process.errors().strip(), e);
        }
        String head = "{\"answers\":" + number + ",";
        process.awaitOutput(head, PATIENCE);
        JsonNode answer = answer(head);
        String failure = answer.path("failure").asText();
        if (!failure.isEmpty()) {
            throw new LabException(process + ", asked to " + verb + ": " + failure);
        }
        return answer;
    }

    /** What was found may still lack its end. */
    private JsonNode answer(String head) {
        for (; ; ) {
            String output = process.output();
            int begin = output.indexOf(head);
            int end = output.indexOf('\n', begin);
            if (end > 0) {
                try {
                    return JSON.readTree(output.substring(begin, end));
                } catch (IOException e) {
                    throw new LabException(process + " said something that is no JSON: " + output, e);
                }
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
