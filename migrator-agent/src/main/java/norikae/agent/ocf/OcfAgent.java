package norikae.agent.ocf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.xml.stream.XMLStreamException;
import norikae.agent.document.Nearest;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceName;

/** A resource agent of this node, with what it says about itself. Immutable. */
public final class OcfAgent {

    /** Where every distribution has them. */
    static final Path ROOT = Path.of("/usr/lib/ocf");

    /** Where agents keep what shall not survive a reboot; each capsule has its own there. */
    public static final String STATE_DIRECTORY = "/run/resource-agents";

    private static final int METADATA_BYTES_MAX = 1 << 20;
    private static final int METADATA_SECONDS = 20; // it prints a text; a busy node may take long to get to it
    private static final int MONITOR_INTERVAL_MILLIS_DEFAULT = 10_000;
    private static final int TIMEOUT_MILLIS_DEFAULT = 20_000; // Pacemaker's
    private static final int TIMEOUT_MILLIS_MAX = 3_600_000;

    private final OcfResource resource;
    private final OcfMetadata metadata;

    private OcfAgent(OcfResource resource, OcfMetadata metadata) {
        this.resource = resource;
        this.metadata = metadata;
    }

    /**
     * Finds the agent and checks what the operator wrote for it against what it says that it knows.
     *
     * @throws OcfException if it is not on this node, cannot be asked, or does not know what it is given
     */
    public static OcfAgent of(OcfResource resource) throws OcfException {
        Path program = program(resource);
        OcfAgent agent = new OcfAgent(resource, metadata(resource, program));
        agent.requireParameters();
        return agent;
    }

    /** Where the agent is, or would be. */
    public static Path path(OcfResource resource) {
        return directory(resource).resolve(resource.type());
    }

    private static Path directory(OcfResource resource) {
        return ROOT.resolve("resource.d").resolve(resource.provider());
    }

    public int startTimeoutMillis() {
        return timeout("start");
    }

    public int stopTimeoutMillis() {
        return timeout("stop");
    }

    public int monitorTimeoutMillis() {
        return timeout("monitor");
    }

    public int monitorIntervalMillis() {
        return metadata.intervalMillis("monitor").orElse(MONITOR_INTERVAL_MILLIS_DEFAULT);
    }

    private int timeout(String action) {
        return Math.min(TIMEOUT_MILLIS_MAX, metadata.timeoutMillis(action).orElse(TIMEOUT_MILLIS_DEFAULT));
    }

    /** The variables by which an agent learns what it shall manage, and for whom. */
    public static Map<String, String> environment(OcfResource resource, ServiceName service) {
        Map<String, String> variables = new TreeMap<>(Map.of(
                "OCF_ROOT",
                ROOT.toString(),
                "OCF_RA_VERSION_MAJOR",
                "1",
                "OCF_RA_VERSION_MINOR",
                "0",
                "OCF_RESOURCE_INSTANCE",
                service.value(),
                "OCF_RESOURCE_PROVIDER",
                resource.provider(),
                "OCF_RESOURCE_TYPE",
                resource.type(),
                "OCF_RESKEY_CRM_meta_interval",
                "10000", // an agent takes a monitor without an interval for a first look
                "HA_RSCTMP",
                STATE_DIRECTORY,
                "HA_LOGFACILITY",
                "none", // to the service's log instead
                "HA_debug",
                "0"));
        resource.parameters().forEach((name, value) -> variables.put("OCF_RESKEY_" + name, value));
        return variables;
    }

    private void requireParameters() throws OcfException {
        List<String> problems = new ArrayList<>();
        Set<String> known = metadata.required().keySet();
        for (String given : resource.parameters().keySet()) {
            if (!known.contains(given)) {
                String nearest = Nearest.of(given, known);
                problems.add("it has no parameter '" + given + "': "
                        + (nearest == null ? "known are " + String.join(", ", known) : "do you mean " + nearest + "?"));
            }
        }
        metadata.required().forEach((name, required) -> {
            if (required && !resource.parameters().containsKey(name)) {
                problems.add("it needs the parameter '" + name + "': write it under 'parameters'");
            }
        });
        if (!problems.isEmpty()) {
            throw new OcfException("resource agent " + resource.fullName() + ": " + String.join("; ", problems));
        }
    }

    private static Path program(OcfResource resource) throws OcfException {
        Path program = path(resource);
        if (Files.isRegularFile(program) && Files.isExecutable(program)) {
            return program;
        }
        String nearest = Nearest.of(resource.type(), agentsOf(directory(resource)));
        throw new OcfException("this node has no resource agent " + resource.fullName() + " (" + program + "): "
                + (nearest == null
                        ? "install the package that brings it, such as resource-agents"
                        : "do you mean ocf:" + resource.provider() + ":" + nearest + "?"));
    }

    private static List<String> agentsOf(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            return List.of(); // no such provider
        }
    }

    private static OcfMetadata metadata(OcfResource resource, Path program) throws OcfException {
        try {
            return OcfMetadata.parse(ask(resource, program));
        } catch (XMLStreamException e) {
            throw new OcfException(
                    "resource agent " + resource.fullName() + " says about itself what is no metadata: "
                            + e.getMessage() + ": see '" + program + " meta-data'",
                    e);
        } catch (IOException e) {
            throw new OcfException(
                    "resource agent " + resource.fullName() + " does not say what it knows: " + e.getMessage()
                            + ": see '" + program + " meta-data'",
                    e);
        }
    }

    static String ask(OcfResource resource, Path program) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(program.toString(), "meta-data")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment(resource, new ServiceName("meta-data")));
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Process process = builder.start();
        // Whoever holds the pipe open when time is over is killed with its children, which ends the reading.
        Thread limit = Thread.ofVirtual().start(() -> {
            try {
                if (!process.waitFor(METADATA_SECONDS, TimeUnit.SECONDS)) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        byte[] text = process.getInputStream().readNBytes(METADATA_BYTES_MAX + 1);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        if (text.length > METADATA_BYTES_MAX) {
            process.destroyForcibly();
            throw new IOException("it prints more than " + METADATA_BYTES_MAX + " bytes");
        }
        try {
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("it ended with " + code + " within " + METADATA_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            limit.interrupt();
        }
        return new String(text, StandardCharsets.UTF_8);
    }
}
