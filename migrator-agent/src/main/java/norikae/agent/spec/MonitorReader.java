package norikae.agent.spec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import norikae.agent.document.Fields;
import norikae.agent.document.Nearest;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceSpec;
import org.jspecify.annotations.Nullable;

/**
 * Reads a spec's {@code monitors}, each with one of seven probes and, if other than by default, when it probes and what it
 * does:
 *
 * <pre>{@code
 * monitors:
 *   - tcp: {port: 7000}
 *     interval: 10s           # from the end of one probe to the start of the next
 *     timeout: 5s             # a probe that takes longer has failed
 *     retries: 2              # failures in a row that are borne: one more, and it reacts
 *     startGrace: 30s         # failures do not count so long after the start, until the first success
 *     then: restart           # or failover, or stop-node
 *   - http: {port: 8080, path: /health, status: 200, contains: UP}
 *   - command: [/srv/bin/check, --fast]
 *   - disk: {path: /srv/data}
 *   - link: {interface: eth1, address: 10.77.0.11}
 *   - jvm: {deadlock: true, gcThrash: 90, safepoint: 10s}
 *   - ocf: {}
 * }</pre>
 */
final class MonitorReader {

    private static final List<String> KINDS = List.of("tcp", "http", "command", "disk", "link", "jvm", "ocf");
    private static final int PORT_MAX = 65_535;
    private static final int STATUS_MIN = 100;
    private static final int STATUS_MAX = 599;

    private MonitorReader() {}

    /** @param byAgent whether a resource agent starts the service */
    static List<MonitorSpec> read(Fields spec, @Nullable ServicePolicy policy, boolean byAgent) {
        List<Fields> written = spec.list("monitors");
        if (written.size() > ServiceSpec.MONITORS_MAX) {
            spec.problem("monitors", "are " + written.size() + ": at most " + ServiceSpec.MONITORS_MAX);
            return List.of();
        }
        List<MonitorSpec> monitors = new ArrayList<>();
        boolean ocfSeen = false;
        for (Fields fields : written) {
            if (fields.has("ocf") && !byAgent) {
                fields.problemOfKey("ocf", "needs a resource agent: name one as 'resource', or remove this monitor");
            } else if (fields.has("ocf") && ocfSeen) {
                fields.problemOfKey("ocf", "is there already in another monitor: remove one");
            }
            ocfSeen |= fields.has("ocf");
            MonitorSpec monitor = monitor(fields, policy);
            if (monitor != null) {
                monitors.add(monitor);
            }
        }
        return monitors;
    }

    private static @Nullable MonitorSpec monitor(Fields fields, @Nullable ServicePolicy policy) {
        List<String> kinds = KINDS.stream().filter(fields::has).toList();
        Probe probe = kinds.size() == 1 ? probe(fields, kinds.getFirst()) : null;
        Integer interval = span(fields, "interval", MonitorSpec.MILLIS_MIN);
        Integer timeout = span(fields, "timeout", MonitorSpec.MILLIS_MIN);
        Integer retries = fields.integer("retries", 0, MonitorSpec.RETRIES_MAX);
        Integer grace = span(fields, "startGrace", 0);
        Reaction then = fields.parsed(
                "then", fields.text("then", "write restart, failover or stop-node"), MonitorReader::reaction);
        if (then == Reaction.FAILOVER && policy != null && !policy.failover()) {
            fields.problem("then", "is failover, which policy.failover forbids: write another, or allow it");
        }
        if (kinds.size() > 1) {
            fields.problemOfKey(
                    kinds.get(1), "and '" + kinds.getFirst() + "' are both there: one monitor has one probe");
        } else if (kinds.isEmpty()) {
            fields.problemOfMapping("has no probe: write one of " + String.join(", ", KINDS));
        }
        fields.finish();
        if (probe == null) {
            return null;
        }
        return new MonitorSpec(
                probe,
                interval,
                timeout,
                retries == null ? MonitorSpec.RETRIES_DEFAULT : retries,
                grace == null ? MonitorSpec.START_GRACE_MILLIS_DEFAULT : grace,
                then == null ? Reaction.RESTART : then);
    }

    private static @Nullable Probe probe(Fields monitor, String kind) {
        if (kind.equals("command")) {
            List<String> words = SpecReader.words(monitor, kind);
            return words == null ? null : new Probe.Command(words);
        }
        Fields fields = monitor.node(kind) == null ? null : monitor.fields(kind);
        if (fields == null) {
            return withoutValue(monitor, kind);
        }
        Probe probe =
                switch (kind) {
                    case "tcp" -> tcp(fields);
                    case "http" -> http(fields);
                    case "disk" -> disk(fields);
                    case "link" -> link(monitor, fields);
                    case "jvm" -> jvm(monitor, fields);
                    case "ocf" -> new Probe.Ocf();
                    default -> throw new IllegalStateException(kind);
                };
        fields.finish();
        return probe;
    }

    private static @Nullable Probe withoutValue(Fields monitor, String kind) {
        if (monitor.node(kind) != null) {
            return null; // noted already: no mapping
        }
        return switch (kind) {
            case "jvm" -> Probe.Jvm.DEFAULT;
            case "ocf" -> new Probe.Ocf();
            default -> {
                monitor.missing(
                        kind,
                        switch (kind) {
                            case "disk" -> "write a directory, such as {path: /srv/data}";
                            case "link" -> "write an interface or an address, such as {interface: eth1}";
                            default -> "write a port, such as {port: 7000}";
                        });
                yield null;
            }
        };
    }

    private static @Nullable Probe tcp(Fields fields) {
        Integer port = port(fields);
        return port == null ? null : new Probe.Tcp(port);
    }

    private static @Nullable Probe http(Fields fields) {
        Integer port = port(fields);
        String path = fields.text("path", "write a path, such as /health");
        Integer status = fields.integer("status", STATUS_MIN, STATUS_MAX);
        String contains = fields.has("contains") ? fields.word("contains") : null;
        return port == null
                ? null
                : fields.parsed(
                        "path", path == null ? "/" : path, text -> new Probe.Http(port, text, status, contains));
    }

    private static @Nullable Probe disk(Fields fields) {
        return fields.parsed(
                "path", fields.requiredText("path", "write a directory, such as /srv/data"), Probe.Disk::new);
    }

    private static @Nullable Probe link(Fields monitor, Fields fields) {
        String name = fields.text("interface", "name a network interface, such as eth1");
        String address = fields.text("address", "write an IPv4 address");
        return monitor.parsed("link", "", _ -> new Probe.Link(name, address));
    }

    private static @Nullable Probe jvm(Fields monitor, Fields fields) {
        Probe.Jvm otherwise = Probe.Jvm.DEFAULT;
        boolean deadlock = fields.bool("deadlock", otherwise.deadlock());
        Integer gcThrash = fields.integer("gcThrash", 0, 100);
        Integer safepoint = span(fields, "safepoint", 0);
        return monitor.parsed(
                "jvm",
                "",
                _ -> new Probe.Jvm(
                        deadlock,
                        gcThrash == null ? otherwise.gcThrashPercent() : gcThrash,
                        safepoint == null ? otherwise.safepointMillis() : safepoint));
    }

    private static @Nullable Integer port(Fields fields) {
        Integer port = fields.integer("port", 1, PORT_MAX);
        if (fields.node("port") == null) {
            fields.missing("port", "write the port at which the service listens");
        }
        return port;
    }

    private static @Nullable Integer span(Fields fields, String key, int minMillis) {
        return fields.parsed(
                key,
                fields.node(key) == null ? null : fields.word(key),
                text -> TimeSpan.parse(text, minMillis, MonitorSpec.MILLIS_MAX));
    }

    private static Reaction reaction(String text) {
        for (Reaction reaction : Reaction.values()) {
            if (reaction.word().equals(text)) {
                return reaction;
            }
        }
        List<String> known =
                Arrays.stream(Reaction.values()).map(Reaction::word).toList();
        String nearest = Nearest.of(text, known);
        throw new IllegalArgumentException("'" + text + "' is not a reaction: "
                + (nearest == null ? "write one of " + String.join(", ", known) : "do you mean " + nearest + "?"));
    }
}
