package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a monitor looks at; immutable. That the service's process is alive needs no monitor: its end is always noticed.
 *
 * <p>The names in {@code @JsonSubTypes} are part of the log's format on disk: add, never rename.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Probe.Tcp.class, name = "tcp"),
    @JsonSubTypes.Type(value = Probe.Http.class, name = "http"),
    @JsonSubTypes.Type(value = Probe.Command.class, name = "command"),
    @JsonSubTypes.Type(value = Probe.Disk.class, name = "disk"),
    @JsonSubTypes.Type(value = Probe.Link.class, name = "link"),
    @JsonSubTypes.Type(value = Probe.Jvm.class, name = "jvm"),
    @JsonSubTypes.Type(value = Probe.Ocf.class, name = "ocf"),
})
public sealed interface Probe {

    /** What it looks at in a few words, such as {@code tcp 7000}. */
    String inWords();

    /** The service accepts a connection on its own address. */
    record Tcp(int port) implements Probe {
        public Tcp {
            requirePort("tcp", port);
        }

        @Override
        public String inWords() {
            return "tcp " + port;
        }
    }

    /**
     * The service answers a GET on its own address, unencrypted.
     *
     * @param path with its query, if any
     * @param status that the answer must have; {@code null} means any from 200 to 399
     * @param contains text that the answer's body must have; {@code null} means any body
     */
    record Http(
            int port,
            String path,
            @Nullable Integer status,
            @Nullable String contains) implements Probe {
        public Http {
            requirePort("http", port);
            if (!path.startsWith("/") || path.chars().anyMatch(c -> c <= ' ' || c >= 127)) {
                throw new IllegalArgumentException(
                        "path '" + path
                                + "' of an http monitor is none: start it with / and write anything but plain characters as %XX");
            }
            if (status != null && (status < 100 || status > 599)) {
                throw new IllegalArgumentException(
                        "status " + status + " of an http monitor is out of range: write one from 100 to 599");
            }
        }

        @Override
        public String inWords() {
            return "http " + port + path;
        }
    }

    /** A program, run inside the capsule as the service's user, ends with exit code 0. */
    record Command(List<String> words) implements Probe {
        public Command {
            words = List.copyOf(words);
            if (words.isEmpty() || words.getFirst().isBlank()) {
                throw new IllegalArgumentException("the command of a monitor is empty: name a program");
            }
        }

        @Override
        public String inWords() {
            return "command " + words.getFirst();
        }
    }

    /** A file can be written and forced to its disk in a directory of the node. */
    record Disk(String path) implements Probe {
        public Disk {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException(
                        "path '" + path + "' of a disk monitor is not absolute: start it with /");
            }
        }

        @Override
        public String inWords() {
            return "disk " + path;
        }
    }

    /**
     * A network interface of the node is up and has carrier, or the node has an address; both, if both are named.
     *
     * @param interfaceName a link of the node, such as {@code eth1}
     * @param address an IP address, as text
     */
    record Link(@Nullable String interfaceName, @Nullable String address) implements Probe {

        private static final int INTERFACE_NAME_MAX = 15; // the kernel's IFNAMSIZ less its end

        public Link {
            if (interfaceName == null && address == null) {
                throw new IllegalArgumentException("a link monitor needs an interface, an address or both");
            }
            if (interfaceName != null
                    && (interfaceName.isEmpty()
                            || interfaceName.length() > INTERFACE_NAME_MAX
                            || interfaceName.startsWith(".")
                            || interfaceName.chars().anyMatch(c -> c <= ' ' || c == '/' || c >= 127))) {
                throw new IllegalArgumentException(
                        "interface '" + interfaceName + "' of a link monitor is no name for one: write one like eth1");
            }
            if (address != null) {
                var _ = new ServiceAddress(address, 24); // which checks it
            }
        }

        @Override
        public String inWords() {
            return interfaceName == null
                    ? "address " + address
                    : "link " + interfaceName + (address == null ? "" : " with " + address);
        }
    }

    /**
     * The service's JVMs are in good health.
     *
     * @param deadlock whether threads that wait for each other for ever are a failure
     * @param gcThrashPercent of the time since the last look that the collector may take before that is a failure; 0 means
     *     that it is not looked at
     * @param safepointMillis within which the JVM must have answered a question that it answers at a safepoint; 0 means
     *     that it is not asked
     */
    record Jvm(boolean deadlock, int gcThrashPercent, int safepointMillis) implements Probe {

        public static final Jvm DEFAULT = new Jvm(true, 90, 10_000);

        public Jvm {
            if (gcThrashPercent < 0 || gcThrashPercent > 100) {
                throw new IllegalArgumentException("gcThrash " + gcThrashPercent
                        + " of a jvm monitor is out of range: write a percentage up to 100");
            }
            if (safepointMillis < 0) {
                throw new IllegalArgumentException("safepoint " + safepointMillis + " ms of a jvm monitor is negative");
            }
            if (!deadlock && gcThrashPercent == 0 && safepointMillis == 0) {
                throw new IllegalArgumentException(
                        "a jvm monitor with everything turned off looks at nothing: remove it");
            }
        }

        @Override
        public String inWords() {
            return "jvm";
        }
    }

    /** The {@code monitor} action of the service's own resource agent. */
    record Ocf() implements Probe {
        @Override
        public String inWords() {
            return "ocf monitor";
        }
    }

    private static void requirePort(String kind, int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "port " + port + " of a " + kind + " monitor is out of range: write one from 1 to 65535");
        }
    }
}
