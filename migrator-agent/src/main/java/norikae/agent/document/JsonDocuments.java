package norikae.agent.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.document.DocumentNode.Entry;
import norikae.agent.document.DocumentNode.Kind;
import norikae.agent.document.DocumentNode.Mapping;
import norikae.agent.document.DocumentNode.Scalar;
import norikae.agent.document.DocumentNode.Sequence;

/** Reads JSON into a tree with places, by Jackson's streaming parser alone: the command starts sooner without the rest. */
public final class JsonDocuments {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(20).build())
            .build();

    private final DocumentText document;

    private JsonDocuments(DocumentText document) {
        this.document = document;
    }

    /**
     * Parses the one value in the text.
     *
     * @throws InvalidDocumentException if it is not JSON
     */
    public static DocumentNode parse(DocumentText document) {
        return new JsonDocuments(document).parse();
    }

    private DocumentNode parse() {
        try (JsonParser parser = FACTORY.createParser(document.text())) {
            if (parser.nextToken() == null) {
                throw InvalidDocumentException.of(document.start(), "the file is empty");
            }
            DocumentNode root = value(parser);
            if (parser.nextToken() != null) {
                throw InvalidDocumentException.of(place(parser.currentTokenLocation()), "more follows after the end");
            }
            return root;
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            throw InvalidDocumentException.of(
                    at == null ? document.start() : place(at), "not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string in memory cannot fail
        }
    }

    private DocumentNode value(JsonParser parser) throws IOException {
        Place place = place(parser.currentTokenLocation());
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                List<Entry> entries = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    Place keyPlace = place(parser.currentTokenLocation());
                    String key = parser.currentName();
                    parser.nextToken();
                    entries.add(new Entry(keyPlace, key, value(parser)));
                }
                yield new Mapping(place, entries);
            }
            case START_ARRAY -> {
                List<DocumentNode> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(value(parser));
                }
                yield new Sequence(place, items);
            }
            case VALUE_STRING -> new Scalar(place, Kind.TEXT, parser.getText());
            case VALUE_NUMBER_INT -> new Scalar(place, Kind.INTEGER, parser.getText());
            case VALUE_NUMBER_FLOAT -> new Scalar(place, Kind.DECIMAL, parser.getText());
            case VALUE_TRUE, VALUE_FALSE -> new Scalar(place, Kind.BOOLEAN, parser.getText());
            case VALUE_NULL -> new Scalar(place, Kind.NOTHING, "null");
            case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                throw InvalidDocumentException.of(place, "not valid JSON: unexpected " + parser.getText());
        };
    }

    private Place place(JsonLocation at) {
        return new Place(document.name(), Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    }
}
