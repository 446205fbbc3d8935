package norikae.lab;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** What a laboratory remembers of itself between two commands, as JSON. */
final class StateFiles {

    private static final ObjectMapper JSON = new ObjectMapper().registerModule(durations());

    private StateFiles() {}

    static LabOptions readOptions(Path file) {
        try {
            return JSON.readValue(Files.readString(file), LabOptions.class);
        } catch (IOException e) {
            throw new LabException("cannot read " + file + ": " + e.getMessage() + "; run norikae lab down", e);
        }
    }

    static LinkRules readLinkRules(Path file) {
        if (!Files.exists(file)) {
            return LinkRules.none();
        }
        try {
            return JSON.readValue(Files.readString(file), LinkRules.class);
        } catch (IOException e) {
            throw new LabException("cannot read " + file + ": " + e.getMessage() + "; run norikae lab down", e);
        }
    }

    static void write(Path file, Object value) {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(fresh, toJson(value));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LabException("cannot write " + file + ": " + e, e);
        }
    }

    static String toJson(Object value) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not writable as JSON: " + value, e);
        }
    }

    private static SimpleModule durations() {
        SimpleModule module = new SimpleModule();
        module.addSerializer(Duration.class, new JsonSerializer<>() {
            @Override
            public void serialize(Duration value, JsonGenerator json, SerializerProvider provider) throws IOException {
                json.writeString(value.toString());
            }
        });
        module.addDeserializer(Duration.class, new JsonDeserializer<>() {
            @Override
            public Duration deserialize(JsonParser parser, DeserializationContext context) throws IOException {
                return Duration.parse(parser.getText());
            }
        });
        return module;
    }
}
