package norikae.agent.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import norikae.agent.document.Fields;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import org.jspecify.annotations.Nullable;

/**
 * Reads a spec's {@code policy}:
 *
 * <pre>{@code
 * policy:
 *   failover: true            # started elsewhere when its node has died for certain
 *   prefers: [node-a, node-b] # where it shall rather run, the best first
 *   failback: true            # goes back to a better one of them when that has returned
 *   after: [database]         # services that must be running before it is started
 *   with: [database]          # services on whose node it must run
 *   apart: [shadow]           # services on whose node it must not run
 *   restarts: 3               # how often it is started again in place …
 *   restartWindow: 10m        # … within so long, before it fails over
 * }</pre>
 */
final class PolicyReader {

    private static final int RESTARTS_MAX = 1_000;
    private static final int WINDOW_MILLIS_MAX = 7 * 24 * 3_600_000;
    private static final int SECOND = 1_000;

    private PolicyReader() {}

    /** @param own the service's own name, {@code null} if it has none that is right */
    static ServicePolicy read(Fields fields, @Nullable ServiceName own) {
        ServicePolicy otherwise = ServicePolicy.DEFAULT;
        boolean failover = fields.bool("failover", otherwise.failover());
        List<NodeId> prefers = fields.parsedWords("prefers", distinct(NodeId::new));
        List<ServiceName> after = fields.parsedWords("after", distinct(other(own)));
        List<ServiceName> with = fields.parsedWords("with", distinct(other(own)));
        List<ServiceName> apart = fields.parsedWords("apart", distinct(notIn(with, other(own))));
        boolean failback = fields.bool("failback", otherwise.failback());
        Integer restarts = fields.integer("restarts", 0, RESTARTS_MAX);
        Integer window = fields.parsed(
                "restartWindow",
                fields.node("restartWindow") == null ? null : fields.word("restartWindow"),
                text -> TimeSpan.parse(text, SECOND, WINDOW_MILLIS_MAX));
        if (failback && prefers.isEmpty() && !fields.has("prefers")) {
            fields.problem("failback", "goes back to a node of 'prefers', and there is none: write them, or remove it");
        }
        fields.finish();
        return new ServicePolicy(
                failover,
                prefers,
                after,
                with,
                apart,
                failback,
                restarts == null ? otherwise.restarts() : restarts,
                window == null ? otherwise.restartWindowSeconds() : window / SECOND);
    }

    private static Function<String, ServiceName> other(@Nullable ServiceName own) {
        return text -> {
            ServiceName name = new ServiceName(text);
            if (name.equals(own)) {
                throw new IllegalArgumentException("is the service itself: name another one, or remove it");
            }
            return name;
        };
    }

    private static Function<String, ServiceName> notIn(List<ServiceName> with, Function<String, ServiceName> parser) {
        return text -> {
            ServiceName name = parser.apply(text);
            if (with.contains(name)) {
                throw new IllegalArgumentException("'" + name
                        + "' stands in 'with' too: it cannot be both on the same node and on another, so remove one");
            }
            return name;
        };
    }

    private static <T> Function<String, T> distinct(Function<String, T> parser) {
        List<T> seen = new ArrayList<>();
        return text -> {
            T value = parser.apply(text);
            if (seen.contains(value)) {
                throw new IllegalArgumentException("'" + value + "' is there twice: remove one");
            }
            seen.add(value);
            return value;
        };
    }
}
