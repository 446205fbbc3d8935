package norikae.mirror.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.StoreException.Kind;

/**
 * A {@link VolumeRecord} as text that a person can read, with a checksum over all of it:
 *
 * <pre>
 * norikae-volume 1
 * name=orders
 * id=7c0e...
 * size=1073741824
 * epoch=7
 * condition=CONSISTENT
 * primary=true
 * applied=0
 * generation=UUID EPOCH NODE          (any number, the newest first)
 * tracked=NODE UUID|creation
 * crc32c=1a2b3c4d                     (of every byte before this line)
 * </pre>
 */
final class RecordText {

    static final int BYTES_MAX = 64 * 1024;

    private static final String MAGIC = "norikae-volume";
    private static final int VERSION = 1;
    private static final String CREATION = "creation";
    private static final String CRC = "crc32c=";

    private RecordText() {}

    static String of(VolumeRecord volume) {
        StringBuilder text = new StringBuilder();
        text.append(MAGIC).append(' ').append(VERSION).append('\n');
        line(text, "name", volume.name());
        line(text, "id", volume.id());
        line(text, "size", volume.size());
        line(text, "epoch", volume.epoch());
        line(text, "condition", volume.condition());
        line(text, "primary", volume.primary());
        line(text, "applied", volume.applied());
        for (Generation g : volume.generations()) {
            line(text, "generation", g.text());
        }
        new TreeMap<>(volume.tracked())
                .forEach((node, since) -> line(
                        text, "tracked", node + " " + since.map(UUID::toString).orElse(CREATION)));
        return text + CRC + crc(text.toString()) + "\n";
    }

    private static void line(StringBuilder text, String key, Object value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private static String crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(crc.getValue());
    }

    /** @param where the file, for the message of what is wrong with it */
    static VolumeRecord read(String text, String where) throws StoreException {
        String[] lines = text.split("\n", -1);
        String first = lines[0];
        if (!first.startsWith(MAGIC + " ")) {
            throw damaged(where, "it does not begin with '" + MAGIC + "'");
        }
        if (!first.equals(MAGIC + " " + VERSION)) {
            throw damaged(
                    where,
                    "it is of version '" + first.substring(MAGIC.length() + 1)
                            + "', which this Norikae does not know (it knows " + VERSION + ")");
        }
        int crcAt = text.lastIndexOf(CRC);
        if (crcAt < 0 || !text.substring(crcAt).equals(CRC + crc(text.substring(0, crcAt)) + "\n")) {
            throw damaged(where, "its checksum does not fit its contents");
        }
        Map<String, String> fields = new HashMap<>();
        List<Generation> generations = new ArrayList<>();
        Map<NodeId, Optional<UUID>> tracked = new HashMap<>();
        try {
            for (int i = 1; i < lines.length; i++) {
                String[] pair = lines[i].split("=", 2);
                if (pair.length == 2 && pair[0].equals("generation")) {
                    generations.add(Generation.read(pair[1]));
                } else if (pair.length == 2 && pair[0].equals("tracked")) {
                    String[] words = pair[1].split(" ");
                    tracked.put(
                            new NodeId(words[0]),
                            words[1].equals(CREATION) ? Optional.empty() : Optional.of(UUID.fromString(words[1])));
                } else if (pair.length == 2) {
                    fields.put(pair[0], pair[1]);
                }
            }
            return new VolumeRecord(
                    new VolumeName(field(fields, "name")),
                    UUID.fromString(field(fields, "id")),
                    Long.parseLong(field(fields, "size")),
                    Long.parseLong(field(fields, "epoch")),
                    Condition.valueOf(field(fields, "condition")),
                    Boolean.parseBoolean(field(fields, "primary")),
                    Long.parseLong(field(fields, "applied")),
                    generations,
                    tracked);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw damaged(where, "a value in it makes no sense: " + e.getMessage());
        }
    }

    private static String field(Map<String, String> fields, String key) {
        String value = fields.get(key);
        if (value == null) {
            throw new IllegalArgumentException("'" + key + "' is missing");
        }
        return value;
    }

    static StoreException damaged(String where, String what) {
        return new StoreException(
                Kind.DAMAGED,
                "the record " + where + " cannot be trusted: " + what
                        + ". Remove this copy of the volume and make it anew from another; if there is none, restore a backup");
    }
}
