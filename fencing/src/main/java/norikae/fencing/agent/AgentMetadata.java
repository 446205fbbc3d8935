package norikae.fencing.agent;

import java.io.IOException;
import java.io.StringReader;
import java.util.HashSet;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What an agent says it can do.
 *
 * @param actions the names of its actions
 */
record AgentMetadata(Set<String> actions) {

    private static final XMLInputFactory XML = safeFactory();

    AgentMetadata {
        actions = Set.copyOf(actions);
    }

    private static XMLInputFactory safeFactory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        return factory;
    }

    static AgentMetadata parse(String xml) throws IOException {
        Set<String> actions = new HashSet<>();
        try {
            XMLStreamReader reader = XML.createXMLStreamReader(new StringReader(xml));
            while (reader.hasNext()) {
                boolean action = reader.next() == XMLStreamReader.START_ELEMENT
                        && reader.getLocalName().equals("action");
                String name = action ? reader.getAttributeValue(null, "name") : null;
                if (name != null) {
                    actions.add(name);
                }
            }
        } catch (XMLStreamException e) {
            throw new IOException("its metadata is not XML: " + e.getMessage(), e);
        }
        return new AgentMetadata(actions);
    }

    /**
     * Refuses what cannot prove that a server is off. Agents without {@code reboot} are those that cut a server off from
     * its storage: it runs on, and keeps its addresses.
     */
    void requirePowerOff() throws IOException {
        if (!actions.contains("off")) {
            throw new IOException("it has no action off: use an agent that can switch a server off");
        }
        if (!actions.contains("reboot")) {
            throw new IOException(
                    "it cannot switch power (it has no action reboot), only cut a server off from storage,"
                            + " which leaves it running: use an agent for its power");
        }
    }

    boolean hasStatus() {
        return actions.contains("status");
    }
}
