package norikae.agent.document;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import norikae.agent.document.DocumentNode.Entry;
import norikae.agent.document.DocumentNode.Kind;
import norikae.agent.document.DocumentNode.Mapping;
import norikae.agent.document.DocumentNode.Scalar;
import norikae.agent.document.DocumentNode.Sequence;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads YAML 1.2 (core schema) into a tree with places. Aliases are followed, within bounds; tags other than those of
 * the core schema are refused, so that no document can name a class.
 */
public final class YamlDocuments {

    private static final int NODES_MAX = 10_000; // after aliases are followed: a spec has a few dozen
    private static final int DEPTH_MAX = 20; // a spec has 3
    private static final int ALIASES_MAX = 50;

    private final DocumentText document;
    private int nodes;

    private YamlDocuments(DocumentText document) {
        this.document = document;
    }

    /**
     * Parses the one document in the text.
     *
     * @throws InvalidDocumentException if it is not YAML; this is the one kind of problem that hides others behind it
     */
    public static DocumentNode parse(DocumentText document) {
        return new YamlDocuments(document).parse();
    }

    private DocumentNode parse() {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(document.name())
                .setCodePointLimit(DocumentText.BYTES_MAX)
                .setMaxAliasesForCollections(ALIASES_MAX)
                .setAllowDuplicateKeys(true) // refused by Fields, with both places
                .setSchema(new CoreSchema())
                .build();
        try {
            requireShallow(settings);
            Optional<Node> root = new Compose(settings).composeString(document.text());
            if (root.isEmpty()) {
                throw InvalidDocumentException.of(document.start(), "the file is empty");
            }
            return convert(root.get(), 0);
        } catch (MarkedYamlEngineException e) {
            Place place = e.getProblemMark().map(this::place).orElseGet(document::start);
            throw InvalidDocumentException.of(place, "not valid YAML: " + oneLine(problemOf(e)));
        } catch (ReaderException e) {
            throw InvalidDocumentException.of(
                    document.placeAt(document.text().indexOf(e.getCodePoint())),
                    "character U+%04X is not allowed in YAML: remove it".formatted(e.getCodePoint()));
        } catch (YamlEngineException e) {
            throw InvalidDocumentException.of(
                    document.start(), "not valid YAML: " + oneLine(String.valueOf(e.getMessage())));
        }
    }

    /** Before nodes are made, because that is done by recursion. */
    private void requireShallow(LoadSettings settings) {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(document.text())) {
            if (event instanceof CollectionStartEvent start && ++depth > DEPTH_MAX) {
                Place place = start.getStartMark().map(this::place).orElseGet(document::start);
                throw InvalidDocumentException.of(place, "nested deeper than " + DEPTH_MAX + " levels");
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
    }

    private static String problemOf(MarkedYamlEngineException e) {
        String context = e.getContext();
        return context == null || context.isBlank() ? e.getProblem() : context + ", " + e.getProblem();
    }

    private static String oneLine(String message) {
        return message.replaceAll("\\s*\\R\\s*", " ").strip();
    }

    private DocumentNode convert(Node node, int depth) {
        Place place = placeOf(node);
        if (depth > DEPTH_MAX) {
            throw InvalidDocumentException.of(place, "nested deeper than " + DEPTH_MAX + " levels");
        }
        if (++nodes > NODES_MAX) {
            throw InvalidDocumentException.of(
                    place, "more than " + NODES_MAX + " values, counting each use of an alias");
        }
        return switch (node) {
            case ScalarNode scalar -> new Scalar(place, kindOf(scalar), scalar.getValue());
            case SequenceNode sequence -> {
                requireTag(sequence, Tag.SEQ);
                List<DocumentNode> items = new ArrayList<>();
                for (Node item : sequence.getValue()) {
                    items.add(convert(item, depth + 1));
                }
                yield new Sequence(place, items);
            }
            case MappingNode mapping -> {
                requireTag(mapping, Tag.MAP);
                List<Entry> entries = new ArrayList<>();
                for (NodeTuple tuple : mapping.getValue()) {
                    entries.add(new Entry(
                            placeOf(tuple.getKeyNode()),
                            key(tuple.getKeyNode()),
                            convert(tuple.getValueNode(), depth + 1)));
                }
                yield new Mapping(place, entries);
            }
            default -> throw InvalidDocumentException.of(place, "an alias that leads nowhere");
        };
    }

    private String key(Node node) {
        if (node instanceof ScalarNode scalar) {
            kindOf(scalar);
            return scalar.getValue();
        }
        throw InvalidDocumentException.of(placeOf(node), "a key must be a word, not a list or a mapping");
    }

    private Kind kindOf(ScalarNode scalar) {
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.STR)) {
            return Kind.TEXT;
        }
        if (tag.equals(Tag.INT)) {
            return Kind.INTEGER;
        }
        if (tag.equals(Tag.FLOAT)) {
            return Kind.DECIMAL;
        }
        if (tag.equals(Tag.BOOL)) {
            return Kind.BOOLEAN;
        }
        if (tag.equals(Tag.NULL)) {
            return Kind.NOTHING;
        }
        throw unknownTag(scalar);
    }

    private void requireTag(Node node, Tag tag) {
        if (!node.getTag().equals(tag)) {
            throw unknownTag(node);
        }
    }

    private InvalidDocumentException unknownTag(Node node) {
        return InvalidDocumentException.of(
                placeOf(node), "tag '" + node.getTag().getValue() + "' is not allowed here: remove it");
    }

    private Place placeOf(Node node) {
        return node.getStartMark().map(this::place).orElseGet(document::start);
    }

    private Place place(Mark mark) {
        return new Place(document.name(), mark.getLine() + 1, mark.getColumn() + 1);
    }
}
