package norikae.agent.spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import norikae.agent.document.DocumentNode;
import norikae.agent.document.DocumentText;
import norikae.agent.document.Fields;
import norikae.agent.document.InvalidDocumentException;
import norikae.agent.document.Problems;
import norikae.agent.document.YamlDocuments;
import norikae.failover.model.Limits;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.NodeId;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.VolumeMount;
import norikae.failover.model.VolumeName;
import org.jspecify.annotations.Nullable;

/**
 * Reads a service spec:
 *
 * <pre>{@code
 * name: ledger                      # a DNS label, unique in the cluster
 * command: [java, -jar, /srv/ledger.jar, --port, 7000]
 * #        or one line with the quoting of a shell: java -jar '/srv/my ledger.jar'
 * address: 10.77.0.50/24            # goes wherever the service goes
 * user: nobody                      # the account to run as; no default, because root must never be one by accident
 * workingDirectory: /srv            # / if left out
 * environment: {LEDGER_HOME: /srv}  # optional
 * limits:                           # optional, each of them too
 *   memory: 512MiB
 *   cpu: 1.5
 *   processes: 200                  # threads count
 *   openFiles: 4096
 * node: node-a                      # where it shall start; the cluster chooses if left out
 * hybridMoves: false                # whether a move may make it depend on both nodes for a while
 * policy: {…}                       # optional: PolicyReader
 * monitors: [{…}, …]                # optional: MonitorReader
 * volumes:                          # optional: mirrored volumes, mounted where it runs
 *   - {volume: data, path: /srv/data}
 * }</pre>
 *
 * In place of {@code command}, a resource agent of the node may start, watch and stop it:
 *
 * <pre>{@code
 * resource: ocf:heartbeat:redis
 * parameters: {config: /etc/redis/shop.conf}
 * }</pre>
 *
 * <p>All mistakes of a file are reported together, each with line and column. Only text that is no YAML at all stops
 * at its first mistake.
 */
public final class SpecReader {

    private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,31}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");
    private static final long MEMORY_MIN = 1 << 20; // less cannot hold any program
    private static final int PROCESSES_MAX = 4_194_304; // the kernel's PID_MAX_LIMIT
    private static final int OPEN_FILES_MAX = 1_048_576; // the kernel's default fs.nr_open
    private static final int OPEN_FILES_MIN = 16;
    private static final double CPU_MIN = 0.01;
    private static final double CPU_MAX = 8192;

    private SpecReader() {}

    /**
     * Reads a spec from a file.
     *
     * @throws InvalidDocumentException naming everything that is wrong with it
     */
    public static ServiceSpec read(Path file) throws IOException {
        return parse(DocumentText.of(file));
    }

    /**
     * Reads a spec.
     *
     * @throws InvalidDocumentException naming everything that is wrong with it
     */
    public static ServiceSpec parse(DocumentText document) {
        DocumentNode root = YamlDocuments.parse(document);
        Problems problems = new Problems();
        Fields fields = Fields.ofDocument(root, "a service spec", problems);
        ServiceSpec spec = fields == null ? null : spec(fields, problems);
        problems.throwIfAny();
        if (spec == null) {
            throw new IllegalStateException(document.name() + " gave neither a spec nor a problem");
        }
        return spec;
    }

    private static @Nullable ServiceSpec spec(Fields fields, Problems problems) {
        ServiceName name = fields.parsed(
                "name", fields.requiredText("name", "name the service, such as ledger"), ServiceName::new);
        List<String> command = command(fields);
        OcfResource ocf = resource(fields);
        ServiceAddress address = fields.parsed(
                "address",
                fields.requiredText("address", "write the service's own address, such as 10.77.0.50/24"),
                ServiceAddress::parse);
        String user = fields.parsed(
                "user",
                fields.requiredText("user", "name the account to run as, such as nobody (or root, if it must be)"),
                SpecReader::user);
        String directory = fields.parsed(
                "workingDirectory", fields.text("workingDirectory", "write an absolute path"), SpecReader::directory);
        SortedMap<String, String> environment = variables(fields.fields("environment"));
        Limits limits = limits(fields.fields("limits"));
        NodeId node = fields.parsed("node", fields.text("node", "name a node, such as node-a"), NodeId::new);
        Boolean hybrid = fields.bool("hybridMoves", false) ? true : null;
        Fields policyFields = fields.fields("policy");
        ServicePolicy policy = policyFields == null ? null : PolicyReader.read(policyFields, name);
        List<VolumeMount> volumes = volumes(fields);
        List<MonitorSpec> monitors = MonitorReader.read(fields, policy, fields.has("resource"));
        fields.finish();
        if (!problems.isEmpty() || name == null || command == null || address == null || user == null) {
            return null;
        }
        return new ServiceSpec(
                name,
                command,
                address,
                environment,
                user,
                directory == null ? "/" : directory,
                limits,
                node,
                hybrid,
                policy,
                monitors,
                ocf,
                volumes);
    }

    private static List<VolumeMount> volumes(Fields spec) {
        List<Fields> written = spec.list("volumes");
        if (written.size() > ServiceSpec.VOLUMES_MAX) {
            spec.problem("volumes", "are " + written.size() + ": at most " + ServiceSpec.VOLUMES_MAX);
            return List.of();
        }
        List<VolumeMount> mounts = new ArrayList<>();
        for (Fields fields : written) {
            VolumeName volume = fields.parsed(
                    "volume", fields.requiredText("volume", "name a mirrored volume, such as data"), VolumeName::new);
            String path = fields.requiredText("path", "say where its file system is mounted, such as /srv/data");
            if (volume != null && path != null) {
                VolumeMount mount = fields.parsed("path", path, text -> new VolumeMount(volume, text));
                if (mount != null && mounts.stream().anyMatch(m -> m.volume().equals(volume))) {
                    fields.problem("volume", "'" + volume + "' is there already: a volume is mounted once");
                } else if (mount != null
                        && mounts.stream().anyMatch(m -> m.path().equals(path))) {
                    fields.problem("path", "'" + path + "' is another volume's already: choose another one");
                } else if (mount != null) {
                    mounts.add(mount);
                }
            }
            fields.finish();
        }
        return mounts;
    }

    private static @Nullable OcfResource resource(Fields fields) {
        String name = fields.has("resource")
                ? fields.requiredText("resource", "name a resource agent, such as ocf:heartbeat:redis")
                : null;
        SortedMap<String, String> parameters = variables(fields.fields("parameters"));
        if (!fields.has("resource") && fields.has("parameters")) {
            fields.problemOfKey("parameters", "are for a resource agent: name one as 'resource', or remove them");
        }
        return fields.parsed("resource", name, text -> OcfResource.parse(text, parameters));
    }

    private static @Nullable List<String> command(Fields fields) {
        boolean given = fields.has("command");
        if (fields.has("resource")) {
            if (given) {
                fields.problemOfKey(
                        "command",
                        "and 'resource' are both there, and only one of them can start the service: remove one");
            }
            return List.of();
        }
        if (fields.node("command") == null) {
            fields.missing(
                    "command",
                    "write the program and its arguments, such as [java, -jar, /srv/ledger.jar], or a resource agent"
                            + " as 'resource'");
            return null;
        }
        return words(fields, "command");
    }

    /** A command line as a list, or as one line with the quoting of a shell; {@code null}, with a problem noted, if wrong. */
    static @Nullable List<String> words(Fields fields, String key) {
        DocumentNode node = fields.node(key);
        List<String> words;
        if (node == null) {
            fields.missing(key, "write a program and its arguments");
            return null;
        } else if (node instanceof DocumentNode.Scalar scalar) {
            words = fields.parsed(key, scalar.text(), CommandWords::split);
        } else {
            words = fields.words(key);
        }
        if (words != null && (words.isEmpty() || words.getFirst().isBlank())) {
            fields.problem(key, "is empty: write the program and its arguments");
            return null;
        }
        if (words != null && words.stream().anyMatch(w -> w.indexOf('\0') >= 0)) {
            fields.problem(key, "has a NUL character, which no argument can hold: remove it");
            return null;
        }
        return words;
    }

    private static SortedMap<String, String> variables(@Nullable Fields fields) {
        SortedMap<String, String> variables = new TreeMap<>();
        if (fields == null) {
            return variables;
        }
        for (String variable : fields.keys()) {
            String value = fields.word(variable);
            if (!VARIABLE.matcher(variable).matches()) {
                fields.problemOfKey(
                        variable, "is not a name for a variable: use letters, digits and underscores, no digit first");
            } else if (value != null && value.indexOf('\0') >= 0) {
                fields.problem(variable, "has a NUL character, which no variable can hold: remove it");
            } else if (value != null) {
                variables.put(variable, value);
            }
        }
        return variables;
    }

    private static Limits limits(@Nullable Fields fields) {
        if (fields == null) {
            return Limits.NONE;
        }
        Long memory = memory(fields);
        Double cpu = fields.decimal(
                "cpu", CPU_MIN, CPU_MAX, "write a number of processors, such as 1.5, between " + CPU_MIN + " and 8192");
        Integer processes = fields.integer("processes", 1, PROCESSES_MAX);
        Integer openFiles = fields.integer("openFiles", OPEN_FILES_MIN, OPEN_FILES_MAX);
        fields.finish();
        return new Limits(memory, cpu, processes, openFiles);
    }

    private static @Nullable Long memory(Fields fields) {
        DocumentNode node = fields.node("memory");
        if (node == null) {
            return null;
        }
        if (!(node instanceof DocumentNode.Scalar scalar)) {
            fields.problem("memory", "is " + node.inWords() + ": write a size, such as 512MiB");
            return null;
        }
        Long bytes = fields.parsed("memory", scalar.text(), ByteSize::parse);
        if (bytes != null && bytes < MEMORY_MIN) {
            fields.problem("memory", "'" + scalar.text() + "' is less than any program needs: write at least 1MiB");
            return null;
        }
        return bytes;
    }

    private static String user(String text) {
        if (!USER.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is not an account name: write one like nobody");
        }
        return text;
    }

    private static String directory(String text) {
        if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("'" + text + "' is not an absolute path: start it with /");
        }
        return text;
    }
}
