package norikae.mirror.wire;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.store.Generation;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.VolumeRecord;
import org.jspecify.annotations.Nullable;

/**
 * The texts of HELLO, WELCOME and REFUSED. The first two are a few lines {@code key=value}, an empty one, and a record as it
 * stands on disk, checksum included.
 */
public final class Hello {

    private Hello() {}

    /**
     * What a primary says first.
     *
     * @param discard the replica's newest generation, if the operator has chosen that the replica's own writes be discarded
     */
    public record Primary(
            NodeId node, ReplicationMode mode, @Nullable UUID discard, VolumeRecord volume) {

        public String text() {
            return "node=" + node + "\nmode=" + mode + (discard == null ? "" : "\ndiscard=" + discard) + "\n\n"
                    + volume.text();
        }

        /** @throws WireException if the text is not one */
        public static Primary read(String text) throws WireException {
            Parts parts = Parts.of(text);
            try {
                String discard = parts.fields.get("discard");
                return new Primary(
                        new NodeId(parts.field("node")),
                        ReplicationMode.valueOf(parts.field("mode")),
                        discard == null ? null : UUID.fromString(discard),
                        parts.volume);
            } catch (IllegalArgumentException e) {
                throw new WireException("HELLO makes no sense: " + e.getMessage());
            }
        }
    }

    /** What a replica answers. */
    public record Replica(NodeId node, UUID instance, VolumeRecord volume) {

        public String text() {
            return "node=" + node + "\ninstance=" + instance + "\n\n" + volume.text();
        }

        /** @throws WireException if the text is not one */
        public static Replica read(String text) throws WireException {
            Parts parts = Parts.of(text);
            try {
                return new Replica(
                        new NodeId(parts.field("node")), UUID.fromString(parts.field("instance")), parts.volume);
            } catch (IllegalArgumentException e) {
                throw new WireException("WELCOME makes no sense: " + e.getMessage());
            }
        }
    }

    private static final String UNKNOWN = "\nunknown=";

    /** The text of REFUSED: a code, a line or more for people, and the generation that the primary lacks, if that is why. */
    public static String refusal(Reconciliation.Refusal no) {
        Generation unknown = no.unknown();
        return no.code() + "\n" + no.message() + (unknown == null ? "" : UNKNOWN + unknown.text());
    }

    /**
     * Reads it. A code that this version does not know is one that may change by itself.
     *
     * @throws WireException the generation makes no sense
     */
    public static Reconciliation.Refusal refusal(String text) throws WireException {
        String[] parts = text.split("\n", 2);
        Reconciliation.Code code = Reconciliation.Code.NOT_READY;
        for (Reconciliation.Code known : Reconciliation.Code.values()) {
            code = known.name().equals(parts[0]) ? known : code;
        }
        String message = parts.length > 1 ? parts[1] : text;
        int at = message.lastIndexOf(UNKNOWN);
        if (at < 0) {
            return new Reconciliation.Refusal(code, message);
        }
        try {
            Generation unknown = Generation.read(message.substring(at + UNKNOWN.length()));
            return new Reconciliation.Refusal(code, message.substring(0, at), unknown);
        } catch (IllegalArgumentException e) {
            throw new WireException("REFUSED makes no sense: " + e.getMessage());
        }
    }

    private record Parts(Map<String, String> fields, VolumeRecord volume) {

        static Parts of(String text) throws WireException {
            int end = text.indexOf("\n\n");
            if (end < 0) {
                throw new WireException("a greeting without a record");
            }
            Map<String, String> fields = new HashMap<>();
            for (String line : text.substring(0, end).split("\n")) {
                String[] pair = line.split("=", 2);
                fields.put(pair[0], pair.length == 2 ? pair[1] : "");
            }
            return new Parts(fields, record(text.substring(end + 2)));
        }

        String field(String key) {
            String value = fields.get(key);
            if (value == null) {
                throw new IllegalArgumentException("'" + key + "' is missing");
            }
            return value;
        }
    }

    /** Reads a record that a frame carries. */
    public static VolumeRecord record(String text) throws WireException {
        try {
            return VolumeRecord.read(text, "that the peer has sent");
        } catch (StoreException e) {
            throw new WireException(String.valueOf(e.getMessage()));
        }
    }
}
