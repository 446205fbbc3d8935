package ledger;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One JSON object, its members in the order of their making, written as one line. */
final class Json {
    private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

    /** Adds a member: a string, number, boolean, {@link Json}, list of these, or null. */
    Json put(String name, @Nullable Object value) {
        members.put(name, value);
        return this;
    }

    Json putAll(Json other) {
        members.putAll(other.members);
        return this;
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("{");
        members.forEach((name, value) -> {
            if (out.length() > 1) {
                out.append(',');
            }
            quote(name, out);
            out.append(':');
            write(value, out);
        });
        return out.append('}').toString();
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        if (value instanceof Double number) {
            out.append(Double.isFinite(number) ? String.format(Locale.ROOT, "%.3f", number) : "null");
        } else if (value == null || value instanceof Number || value instanceof Boolean || value instanceof Json) {
            out.append(value);
        } else if (value instanceof List<?> list) {
            out.append('[');
            for (int i = 0; i < list.size(); i++) {
                if (i > 0) {
                    out.append(',');
                }
                write(list.get(i), out);
            }
            out.append(']');
        } else {
            quote(value.toString(), out);
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
