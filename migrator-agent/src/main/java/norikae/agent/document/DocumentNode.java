package norikae.agent.document;

import java.util.List;

/** A node of a document that has been read but not yet understood. */
public sealed interface DocumentNode {

    Place place();

    /** The kind of node in words for a message, such as "a list". */
    String inWords();

    /** What a scalar would be by the rules of its language; quoted text is always {@link #TEXT}. */
    enum Kind {
        TEXT("text"),
        INTEGER("a whole number"),
        DECIMAL("a number"),
        BOOLEAN("true or false"),
        NOTHING("nothing");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    /**
     * @param text as written, without quotes
     */
    record Scalar(Place place, Kind kind, String text) implements DocumentNode {
        @Override
        public String inWords() {
            return kind == Kind.NOTHING ? "nothing" : "'" + text + "' (" + kind.words + ")";
        }
    }

    /** A list. */
    record Sequence(Place place, List<DocumentNode> items) implements DocumentNode {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String inWords() {
            return "a list";
        }
    }

    /** Keys and values in the order in which they were written; a key may occur twice, which {@link Fields} refuses. */
    record Mapping(Place place, List<Entry> entries) implements DocumentNode {
        public Mapping {
            entries = List.copyOf(entries);
        }

        @Override
        public String inWords() {
            return "a mapping of keys to values";
        }
    }

    /** One key with its value. */
    record Entry(Place place, String key, DocumentNode value) {}
}
