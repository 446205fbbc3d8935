package norikae.fencing;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import norikae.fencing.device.DeviceSettings;
import org.jspecify.annotations.Nullable;

/**
 * Finds keys that nobody reads. Data binding would find them, too, but only after it has complained that the key they
 * were meant to be is missing, and not at their own place. What is not shaped like a plan is left for it to refuse.
 */
final class PlanKeys {

    private final JsonParser parser;
    private final Map<String, Class<? extends DeviceSettings>> types;

    private PlanKeys(JsonParser parser, Map<String, Class<? extends DeviceSettings>> types) {
        this.parser = parser;
        this.types = types;
    }

    /** A key that is not known where it stands. */
    record Unknown(JsonLocation place, String key, Collection<String> known) {}

    /** The first unknown key; reads the parser to its end, or to the end of what can be parsed. */
    static @Nullable Unknown find(JsonParser parser, Map<String, Class<? extends DeviceSettings>> types)
            throws IOException {
        parser.nextToken();
        return new PlanKeys(parser, types).object(List.of("nodes"), PlanKeys::nodes);
    }

    private interface Value {
        @Nullable
        Unknown read(PlanKeys keys) throws IOException;
    }

    private @Nullable Unknown object(Collection<String> known, Value value) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return null;
        }
        Unknown first = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            Unknown unknown = known.isEmpty() || known.contains(parser.currentName())
                    ? null
                    : new Unknown(parser.currentTokenLocation(), parser.currentName(), known);
            parser.nextToken();
            if (unknown == null) {
                unknown = value.read(this);
            } else {
                parser.skipChildren();
            }
            first = first == null ? unknown : first;
        }
        return first;
    }

    private @Nullable Unknown nodes() throws IOException {
        return object(List.of(), keys -> keys.object(List.of("levels"), PlanKeys::levels));
    }

    private @Nullable Unknown levels() throws IOException {
        return array(keys -> keys.array(PlanKeys::device));
    }

    private @Nullable Unknown array(Value value) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return null;
        }
        Unknown first = null;
        while (parser.nextToken() != JsonToken.END_ARRAY && parser.currentToken() != null) {
            Unknown unknown = value.read(this);
            first = first == null ? unknown : first;
        }
        return first;
    }

    /** The type may come last, so the keys wait for it. */
    private @Nullable Unknown device() throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return null;
        }
        Map<String, JsonLocation> places = new TreeMap<>();
        Class<? extends DeviceSettings> type = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            places.put(key, parser.currentTokenLocation());
            parser.nextToken();
            if (key.equals("type") && parser.currentToken() == JsonToken.VALUE_STRING) {
                type = types.get(parser.getText());
            }
            parser.skipChildren();
        }
        if (type == null) {
            return null;
        }
        Collection<String> known = new TreeSet<>(Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList());
        known.add("type");
        for (Map.Entry<String, JsonLocation> place : places.entrySet()) {
            if (!known.contains(place.getKey())) {
                return new Unknown(place.getValue(), place.getKey(), known);
            }
        }
        return null;
    }
}
