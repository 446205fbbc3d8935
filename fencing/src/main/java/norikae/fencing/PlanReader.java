package norikae.fencing;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import norikae.failover.fencing.Fencer;
import norikae.failover.model.NodeId;
import norikae.fencing.agent.AgentSettings;
import norikae.fencing.cgroup.CgroupSettings;
import norikae.fencing.device.DeviceSettings;
import norikae.fencing.device.PrivateFile;
import norikae.fencing.device.Secret;
import norikae.fencing.ipmi.IpmiSettings;
import norikae.fencing.pill.PillSettings;
import norikae.fencing.redfish.RedfishSettings;
import org.jspecify.annotations.Nullable;

/** Reads {@code fencing.json} strictly, and words what is wrong with it without showing any value that may be secret. */
final class PlanReader {

    private static final int SIZE_MAX = 1 << 20;

    private static final Map<String, Class<? extends DeviceSettings>> TYPES = new TreeMap<>(Map.of(
            "agent", AgentSettings.class,
            "cgroup", CgroupSettings.class,
            "ipmi", IpmiSettings.class,
            "pill", PillSettings.class,
            "redfish", RedfishSettings.class));

    private static final ObjectMapper MAPPER = mapper();

    private final Path file;

    private PlanReader(Path file) {
        this.file = file;
    }

    static FencingPlan read(Path file) throws IOException {
        return new PlanReader(file.toAbsolutePath()).read();
    }

    private static ObjectMapper mapper() {
        ObjectMapper mapper = JsonMapper.builder(new JsonFactoryBuilder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(20)
                                .build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .build();
        TYPES.forEach((name, type) -> mapper.registerSubtypes(new NamedType(type, name)));
        return mapper;
    }

    private FencingPlan read() throws IOException {
        PrivateFile read = PrivateFile.read(file, SIZE_MAX);
        PlanDocument document = parse(read.bytes());
        if (document.holdsSecret()) {
            read.requirePrivate("it holds a password");
        }
        Path home = Objects.requireNonNull(file.getParent());
        Map<NodeId, Fencer> fencers = new HashMap<>();
        for (Map.Entry<String, PlanDocument.Target> entry : document.nodes().entrySet()) {
            List<LevelledFencer.Level> levels = new ArrayList<>();
            for (List<DeviceSettings> level : entry.getValue().levels()) {
                List<Fencer> devices = new ArrayList<>();
                for (DeviceSettings device : level) {
                    devices.add(device.open(home));
                }
                levels.add(new LevelledFencer.Level(devices));
            }
            fencers.put(nodeId(entry.getKey()), new LevelledFencer(levels));
        }
        return new FencingPlan(fencers);
    }

    private NodeId nodeId(String name) throws IOException {
        try {
            return new NodeId(name);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** The cause is left out of every exception: Jackson's own messages quote the file, and with it passwords. */
    private PlanDocument parse(byte[] json) throws IOException {
        try {
            try (JsonParser parser = MAPPER.createParser(json)) {
                PlanKeys.Unknown unknown = PlanKeys.find(parser, TYPES);
                if (unknown != null) {
                    throw new IOException(place(unknown.place()) + ": there is no key '" + unknown.key() + "' here"
                            + meant(unknown.key(), unknown.known()));
                }
            }
            PlanDocument document = MAPPER.readValue(json, PlanDocument.class);
            if (document == null) {
                throw new IOException(file + ": is null where an object with the key nodes belongs");
            }
            return document;
        } catch (JacksonException e) {
            throw new IOException(place(e.getLocation()) + ": " + path(e) + what(e));
        }
    }

    private String place(@Nullable JsonLocation at) {
        return at == null ? file.toString() : file + ":" + at.getLineNr() + ":" + at.getColumnNr();
    }

    /** Where in the document, such as {@code nodes.node-a.levels[0][1].port: }. */
    private static String path(JacksonException e) {
        StringBuilder path = new StringBuilder();
        if (e instanceof JsonMappingException mapping) {
            for (JsonMappingException.Reference step : mapping.getPath()) {
                if (step.getFieldName() == null) {
                    path.append('[').append(step.getIndex()).append(']');
                } else {
                    path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
                }
            }
        }
        return path.isEmpty() ? "" : path + ": ";
    }

    private static String what(JacksonException e) {
        return switch (e) {
            case InvalidTypeIdException type ->
                type.getTypeId() == null
                        ? "a device has no type" + meant("", TYPES.keySet())
                        : "there is no device of type '" + type.getTypeId() + "'"
                                + meant(type.getTypeId(), TYPES.keySet());
            case ValueInstantiationException refused
            when refused.getCause() instanceof IllegalArgumentException why -> String.valueOf(why.getMessage());
            case JsonParseException duplicate
            when duplicate.getOriginalMessage().startsWith("Duplicate") -> "the same key is written twice: remove one";
            case JsonMappingException _ -> "the value is not of the right kind" + kind(e);
            default ->
                "not valid JSON: look for a missing or a needless quote, comma or bracket at or before this place";
        };
    }

    private static String kind(JacksonException e) {
        return e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null
                ? ": write " + kindOf(mismatch.getTargetType())
                : "";
    }

    private static String kindOf(Class<?> type) {
        if (Number.class.isAssignableFrom(type) || type == int.class) {
            return "a whole number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        if (type.isEnum()) {
            return "one of " + List.of(type.getEnumConstants()).toString().toLowerCase(Locale.ROOT);
        }
        boolean text = type == String.class || Path.class.isAssignableFrom(type);
        return text || type == Secret.class ? "text in quotes" : "an object in braces";
    }

    private static String meant(String word, Collection<String> known) {
        String nearest = Nearest.of(word, known);
        return (nearest == null ? ": " : ": did you mean '" + nearest + "'? ") + "Known are "
                + String.join(", ", known);
    }
}
