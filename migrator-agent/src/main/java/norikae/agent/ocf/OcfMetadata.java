package norikae.agent.ocf;

import java.io.StringReader;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * What a resource agent says about itself; immutable.
 *
 * @param required of each parameter that it knows: whether it must be given
 * @param actions of each action that it knows, those for no special role first
 */
record OcfMetadata(Map<String, Boolean> required, Map<String, Action> actions) {

    /** More than any agent has; a broken one must not fill our memory. */
    private static final int NAMES_MAX = 1_000;

    private static final Pattern TIME = Pattern.compile("(\\d{1,9})\\s*(ms|msec|s|sec|m|min|h|hr)?");

    OcfMetadata {
        required = Collections.unmodifiableMap(new TreeMap<>(required));
        actions = Map.copyOf(actions);
    }

    /** @param intervalMillis {@code null} if it suggests none; so with the time-out */
    record Action(@Nullable Integer timeoutMillis, @Nullable Integer intervalMillis) {}

    Optional<Integer> timeoutMillis(String action) {
        return Optional.ofNullable(actions.get(action)).map(Action::timeoutMillis);
    }

    Optional<Integer> intervalMillis(String action) {
        return Optional.ofNullable(actions.get(action)).map(Action::intervalMillis);
    }

    /**
     * Reads the XML that the {@code meta-data} action prints. No entity is expanded and nothing is fetched: the document type
     * that it names is not looked at.
     *
     * @throws XMLStreamException if it is none
     */
    static OcfMetadata parse(String xml) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        Map<String, Boolean> required = new TreeMap<>();
        Map<String, Action> actions = new TreeMap<>();
        boolean isOne = false;
        XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(xml));
        while (reader.hasNext()) {
            if (reader.next() == XMLStreamConstants.START_ELEMENT) {
                String name = attribute(reader, "name");
                switch (reader.getLocalName()) {
                    case "resource-agent" -> isOne = true;
                    case "parameter" -> required.put(name, isTrue(attribute(reader, "required")));
                    case "action" -> add(actions, name, reader);
                    default -> {
                        // descriptions
                    }
                }
                if (required.size() > NAMES_MAX || actions.size() > NAMES_MAX) {
                    throw new XMLStreamException("it has more than " + NAMES_MAX + " parameters or actions");
                }
            }
        }
        if (!isOne) {
            throw new XMLStreamException("it has no element resource-agent");
        }
        return new OcfMetadata(required, actions);
    }

    /** The same action may stand there for several roles and depths: that for all, at the lowest depth, comes first. */
    private static void add(Map<String, Action> actions, String name, XMLStreamReader reader) {
        if (attribute(reader, "role").isEmpty()) {
            actions.putIfAbsent(
                    name,
                    new Action(
                            millis(attribute(reader, "timeout")).orElse(null),
                            millis(attribute(reader, "interval")).orElse(null)));
        }
    }

    /** Pacemaker's notation: a number without a unit counts seconds. Zero suggests nothing. */
    private static Optional<Integer> millis(String text) {
        Matcher m = TIME.matcher(text.strip());
        if (!m.matches()) {
            return Optional.empty();
        }
        long unit =
                switch (m.group(2)) {
                    case "ms", "msec" -> 1;
                    case "m", "min" -> 60_000;
                    case "h", "hr" -> 3_600_000;
                    case null, default -> 1_000;
                };
        long millis = Long.parseLong(m.group(1)) * unit;
        return millis == 0 || millis > Integer.MAX_VALUE ? Optional.empty() : Optional.of((int) millis);
    }

    private static boolean isTrue(String text) {
        return text.equals("1") || text.equals("true") || text.equals("yes");
    }

    private static String attribute(XMLStreamReader reader, String name) {
        String value = reader.getAttributeValue(null, name);
        return value == null ? "" : value;
    }
}
