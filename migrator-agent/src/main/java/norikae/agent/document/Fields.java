package norikae.agent.document;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import norikae.agent.document.DocumentNode.Entry;
import norikae.agent.document.DocumentNode.Kind;
import norikae.agent.document.DocumentNode.Mapping;
import norikae.agent.document.DocumentNode.Scalar;
import norikae.agent.document.DocumentNode.Sequence;
import org.jspecify.annotations.Nullable;

/**
 * Takes typed values out of one mapping. A value that is missing or does not fit is noted as a problem and comes back
 * as {@code null}, so that reading goes on and the user learns of everything in one go. Call {@link #finish} last: it
 * notes the keys that nobody asked for. Confined to one thread.
 */
public final class Fields {

    private final Place place;
    private final String prefix;
    private final Problems problems;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    private Fields(Mapping mapping, String prefix, Problems problems) {
        this.place = mapping.place();
        this.prefix = prefix;
        this.problems = problems;
        for (Entry entry : mapping.entries()) {
            Entry earlier = entries.putIfAbsent(entry.key(), entry);
            if (earlier != null) {
                problems.add(
                        entry.place(),
                        path(entry.key()),
                        "is given twice, first in line " + earlier.place().line() + ": remove one");
            }
        }
    }

    /**
     * Starts reading a document.
     *
     * @param what such as "a service spec", for the message if the document is no mapping
     */
    public static @Nullable Fields ofDocument(DocumentNode root, String what, Problems problems) {
        if (root instanceof Mapping mapping) {
            return new Fields(mapping, "", problems);
        }
        problems.add(root.place(), "", what + " is a mapping of keys to values, but this is " + root.inWords());
        return null;
    }

    public Place place() {
        return place;
    }

    /** The place of a key's value, or of the mapping where the key is missing. */
    public Place placeOf(String key) {
        Entry entry = entries.get(key);
        return entry == null ? place : entry.value().place();
    }

    /** Notes a problem of a key of this mapping. */
    public void problem(String key, String message) {
        problems.add(placeOf(key), path(key), message);
    }

    /** The value of a key as it is, {@code null} if the key is missing or has no value. */
    public @Nullable DocumentNode node(String key) {
        known.add(key);
        Entry entry = entries.get(key);
        return entry == null || isNothing(entry.value()) ? null : entry.value();
    }

    /** Notes a missing key. */
    public void missing(String key, String expected) {
        problems.add(
                placeOf(key), path(key), (entries.containsKey(key) ? "has no value: " : "is missing: ") + expected);
    }

    /** Text that must be there. */
    public @Nullable String requiredText(String key, String expected) {
        if (node(key) == null) {
            missing(key, expected);
            return null;
        }
        return text(key, expected);
    }

    /** Text, {@code null} if it is not there. */
    public @Nullable String text(String key, String expected) {
        DocumentNode node = node(key);
        if (node == null) {
            return null;
        }
        if (node instanceof Scalar scalar && scalar.kind() == Kind.TEXT) {
            return scalar.text();
        }
        String quote = node instanceof Scalar scalar ? ", or put it in quotes: \"" + scalar.text() + "\"" : "";
        problem(key, "is " + node.inWords() + " where text belongs: " + expected + quote);
        return null;
    }

    /** Text that a constructor or parser accepts; its {@link IllegalArgumentException} becomes the problem. */
    public <T> @Nullable T parsed(String key, @Nullable String text, Function<String, T> parser) {
        if (text == null) {
            return null;
        }
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            problem(key, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** A whole number within bounds, {@code null} if it is not there. */
    public @Nullable Integer integer(String key, int min, int max) {
        DocumentNode node = node(key);
        if (node == null) {
            return null;
        }
        if (node instanceof Scalar scalar && scalar.kind() == Kind.INTEGER) {
            try {
                int value = Integer.parseInt(scalar.text());
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // too long for an int, or octal or hexadecimal: said below
            }
            problem(key, "is " + scalar.text() + ": write a whole number from " + min + " to " + max);
            return null;
        }
        problem(key, "is " + node.inWords() + ": write a whole number from " + min + " to " + max);
        return null;
    }

    /** A number within bounds, {@code null} if it is not there. */
    public @Nullable Double decimal(String key, double min, double max, String expected) {
        DocumentNode node = node(key);
        if (node == null) {
            return null;
        }
        if (node instanceof Scalar scalar && (scalar.kind() == Kind.INTEGER || scalar.kind() == Kind.DECIMAL)) {
            try {
                double value = new BigDecimal(scalar.text()).doubleValue();
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // .inf, .nan, octal or hexadecimal: said below
            }
        }
        problem(key, "is " + node.inWords() + ": " + expected);
        return null;
    }

    /** True or false. */
    public boolean bool(String key, boolean otherwise) {
        DocumentNode node = node(key);
        if (node == null) {
            return otherwise;
        }
        if (node instanceof Scalar scalar && scalar.kind() == Kind.BOOLEAN) {
            return Boolean.parseBoolean(scalar.text());
        }
        problem(key, "is " + node.inWords() + ": write true or false");
        return otherwise;
    }

    /** A mapping inside this one. */
    public @Nullable Fields fields(String key) {
        DocumentNode node = node(key);
        if (node == null) {
            return null;
        }
        if (node instanceof Mapping mapping) {
            return new Fields(mapping, path(key) + ".", problems);
        }
        problem(key, "is " + node.inWords() + " where a mapping of keys to values belongs");
        return null;
    }

    /** A list of mappings; empty if it is not there. */
    public List<Fields> list(String key) {
        DocumentNode node = node(key);
        if (node == null) {
            return List.of();
        }
        List<Fields> all = new ArrayList<>();
        if (node instanceof Sequence sequence) {
            int index = 0;
            for (DocumentNode item : sequence.items()) {
                String itemPath = path(key) + "[" + index++ + "]";
                if (item instanceof Mapping mapping) {
                    all.add(new Fields(mapping, itemPath + ".", problems));
                } else {
                    problems.add(
                            item.place(),
                            itemPath,
                            "is " + item.inWords() + " where a mapping of keys to values belongs");
                }
            }
        } else {
            problem(key, "is " + node.inWords() + " where a list belongs");
        }
        return all;
    }

    /** The list is missing or has no items; a value that is no list is left to {@link #list}. */
    public boolean hasNone(String key) {
        DocumentNode node = node(key);
        return node == null
                || (node instanceof Sequence sequence && sequence.items().isEmpty());
    }

    /**
     * A list of texts; numbers and booleans are taken as they are written, because nothing else can be meant.
     * {@code null} if it is not there or wrong.
     */
    public @Nullable List<String> words(String key) {
        DocumentNode node = node(key);
        if (node == null) {
            return null;
        }
        if (!(node instanceof Sequence sequence)) {
            problem(key, "is " + node.inWords() + " where a list belongs");
            return null;
        }
        List<String> words = new ArrayList<>();
        boolean wrong = false;
        int index = 0;
        for (DocumentNode item : sequence.items()) {
            String word = literal(path(key) + "[" + index++ + "]", item);
            if (word == null) {
                wrong = true;
            } else {
                words.add(word);
            }
        }
        return wrong ? null : words;
    }

    /**
     * A list of words that a constructor or parser accepts; what it refuses is noted at the place of its item, and left out.
     */
    public <T> List<T> parsedWords(String key, Function<String, T> parser) {
        DocumentNode node = node(key);
        List<T> values = new ArrayList<>();
        if (node instanceof Sequence sequence) {
            int index = 0;
            for (DocumentNode item : sequence.items()) {
                String itemPath = path(key) + "[" + index++ + "]";
                String word = literal(itemPath, item);
                try {
                    if (word != null) {
                        values.add(parser.apply(word));
                    }
                } catch (IllegalArgumentException e) {
                    problems.add(item.place(), itemPath, String.valueOf(e.getMessage()));
                }
            }
        } else if (node != null) {
            problem(key, "is " + node.inWords() + " where a list belongs");
        }
        return values;
    }

    /** Whether the key was written, with a value or without. */
    public boolean has(String key) {
        known.add(key);
        return entries.containsKey(key);
    }

    /** The keys as written, for a mapping whose keys are the user's own choice. */
    public List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    /** One text as in {@link #words}; {@code null}, with a problem noted, if it has no value or a wrong one. */
    public @Nullable String word(String key) {
        known.add(key);
        Entry entry = entries.get(key);
        return entry == null ? null : literal(path(key), entry.value());
    }

    /** Notes that a key itself is wrong. */
    public void problemOfKey(String key, String message) {
        Entry entry = entries.get(key);
        problems.add(entry == null ? place : entry.place(), path(key), message);
    }

    /** Notes that the mapping itself is wrong. */
    public void problemOfMapping(String message) {
        problems.add(place, prefix.endsWith(".") ? prefix.substring(0, prefix.length() - 1) : prefix, message);
    }

    private @Nullable String literal(String itemPath, DocumentNode item) {
        if (item instanceof Scalar scalar && scalar.kind() != Kind.NOTHING) {
            return scalar.text();
        }
        problems.add(
                item.place(),
                itemPath,
                "is " + item.inWords() + " where text belongs"
                        + (isNothing(item) ? ": write \"\" if you mean empty text" : ""));
        return null;
    }

    /** Notes every key that nobody asked for. */
    public void finish() {
        for (Entry entry : entries.values()) {
            if (!known.contains(entry.key())) {
                problems.add(entry.place(), path(entry.key()), "is not a known key: " + suggestion(entry.key()));
            }
        }
    }

    private String suggestion(String key) {
        String nearest = Nearest.of(key, known);
        return nearest == null ? "known are " + String.join(", ", known) : "do you mean " + nearest + "?";
    }

    private String path(String key) {
        return prefix + key;
    }

    private static boolean isNothing(DocumentNode node) {
        return node instanceof Scalar scalar && scalar.kind() == Kind.NOTHING;
    }
}
