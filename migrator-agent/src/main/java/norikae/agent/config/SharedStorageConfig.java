package norikae.agent.config;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import norikae.agent.document.Fields;
import norikae.failover.model.VolumeCopy;
import org.jspecify.annotations.Nullable;

/**
 * {@code "sharedStorage"} in {@code node.json}: directories on which copies of volumes may lie that other nodes reach as well;
 * immutable.
 *
 * @param directories by the name of the storage, which is the same on every node that reaches it
 */
public record SharedStorageConfig(Map<String, Path> directories) {

    public static final SharedStorageConfig NONE = new SharedStorageConfig(Map.of());

    private static final int STORAGES_MAX = 16;

    public SharedStorageConfig {
        directories = Collections.unmodifiableMap(new TreeMap<>(directories));
    }

    static SharedStorageConfig read(@Nullable Fields fields) {
        if (fields == null) {
            return NONE;
        }
        Map<String, Path> directories = new TreeMap<>();
        for (String name : fields.keys()) {
            Path directory = fields.parsed(
                    name, fields.text(name, "write the directory where this storage is mounted"), Checks::absolutePath);
            try {
                VolumeCopy.checkShared(name);
            } catch (IllegalArgumentException e) {
                fields.problemOfKey(name, String.valueOf(e.getMessage()));
            }
            if (directory != null && directories.containsValue(directory)) {
                fields.problem(
                        name, "is in " + directory + " like another one: each storage has a directory of its own");
            } else if (directory != null) {
                directories.put(name, directory);
            }
        }
        if (directories.size() > STORAGES_MAX) {
            fields.problemOfMapping("are " + directories.size() + ": name at most " + STORAGES_MAX);
        }
        fields.finish();
        return new SharedStorageConfig(directories);
    }

    void write(JsonGenerator json) throws IOException {
        if (directories.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("sharedStorage");
        for (Map.Entry<String, Path> each : directories.entrySet()) {
            json.writeStringField(each.getKey(), each.getValue().toString());
        }
        json.writeEndObject();
    }
}
