package norikae.agent.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * The JSON of {@code --json}, on one line. API messages keep their field names, in camel case; every field is there
 * even when it has its default value, save for messages that are not set; numbers are numbers, 64 bits wide ones too;
 * bytes are text.
 */
final class Json {

    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    static String of(Message message) {
        return write(json -> message(json, message));
    }

    static String of(Map<String, ?> document) {
        return write(json -> plain(json, document));
    }

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    private static String write(Body body) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            body.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string in memory cannot fail
        }
        return text.toString();
    }

    private static void plain(JsonGenerator json, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    json.writeFieldName(String.valueOf(entry.getKey()));
                    plain(json, entry.getValue());
                }
                json.writeEndObject();
            }
            case List<?> list -> {
                json.writeStartArray();
                for (Object item : list) {
                    plain(json, item);
                }
                json.writeEndArray();
            }
            case Boolean flag -> json.writeBoolean(flag);
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Message message -> message(json, message);
            default -> json.writeString(value.toString());
        }
    }

    private static void message(JsonGenerator json, Message message) throws IOException {
        json.writeStartObject();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            boolean single = !field.isRepeated();
            if (single && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !message.hasField(field)) {
                continue;
            }
            json.writeFieldName(field.getJsonName());
            if (single) {
                value(json, field, message.getField(field));
            } else if (field.isMapField()) {
                map(json, field, (List<?>) message.getField(field));
            } else {
                json.writeStartArray();
                for (Object item : (List<?>) message.getField(field)) {
                    value(json, field, item);
                }
                json.writeEndArray();
            }
        }
        json.writeEndObject();
    }

    private static void map(JsonGenerator json, FieldDescriptor field, List<?> entries) throws IOException {
        FieldDescriptor valueField = field.getMessageType().findFieldByNumber(2);
        json.writeStartObject();
        for (Object item : entries) {
            if (item instanceof MapEntry<?, ?> entry) {
                json.writeFieldName(String.valueOf(entry.getKey()));
                value(json, valueField, entry.getValue());
            }
        }
        json.writeEndObject();
    }

    private static void value(JsonGenerator json, FieldDescriptor field, Object value) throws IOException {
        switch (value) {
            case Message nested -> message(json, nested);
            case EnumValueDescriptor constant -> json.writeString(constant.getName());
            case ByteString bytes -> json.writeString(bytes.toStringUtf8());
            case Integer number ->
                json.writeNumber(
                        field.getType() == FieldDescriptor.Type.UINT32
                                ? Integer.toUnsignedLong(number)
                                : number.longValue());
            case Long number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            case Boolean flag -> json.writeBoolean(flag);
            default -> json.writeString(value.toString());
        }
    }
}
