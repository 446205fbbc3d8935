package norikae.fencing.redfish;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import norikae.fencing.device.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * What a BMC says of the computer that it manages.
 *
 * @param powerState such as {@code On}, {@code Off}, {@code PoweringOff}
 * @param resetTarget where resets are ordered
 * @param resetTypes the kinds of resets that it allows; empty if it does not say
 */
record ComputerSystem(String powerState, String resetTarget, Set<String> resetTypes) {

    private static final String COLLECTION = "/redfish/v1/Systems";
    private static final int TEXT_MAX = 256;
    private static final int TYPES_MAX = 64;

    ComputerSystem {
        resetTypes = Set.copyOf(resetTypes);
    }

    /** The path of the system of that name, or of the only one. */
    static String find(RedfishClient client, @Nullable String name, Deadline deadline)
            throws IOException, InterruptedException {
        if (name != null) {
            return COLLECTION + "/" + name;
        }
        JsonNode members = client.get(COLLECTION, deadline).path("Members");
        if (members.size() != 1) {
            throw new RedfishException("the BMC has " + members.size()
                    + " computer systems: write which one is meant, as" + " 'system', the last part of its address");
        }
        return text(members.path(0).path("@odata.id"), "Members[0].@odata.id");
    }

    static ComputerSystem read(RedfishClient client, String path, Deadline deadline)
            throws IOException, InterruptedException {
        JsonNode system = client.get(path, deadline);
        JsonNode reset = system.path("Actions").path("#ComputerSystem.Reset");
        Set<String> types = types(reset.path("ResetType@Redfish.AllowableValues"));
        JsonNode info = reset.path("@Redfish.ActionInfo");
        if (types.isEmpty() && info.isTextual()) {
            types = typesOfActionInfo(client.get(text(info, "@Redfish.ActionInfo"), deadline));
        }
        return new ComputerSystem(
                text(system.path("PowerState"), "PowerState"),
                text(reset.path("target"), "target of its reset"),
                types);
    }

    /** The newer way of saying it. */
    private static Set<String> typesOfActionInfo(JsonNode info) {
        for (JsonNode parameter : info.path("Parameters")) {
            if (parameter.path("Name").asText().equals("ResetType")) {
                return types(parameter.path("AllowableValues"));
            }
        }
        return Set.of();
    }

    private static Set<String> types(JsonNode values) {
        Set<String> types = new HashSet<>();
        for (JsonNode value : values) {
            if (types.size() < TYPES_MAX
                    && value.isTextual()
                    && value.textValue().length() <= TEXT_MAX) {
                types.add(value.textValue());
            }
        }
        return types;
    }

    private static String text(JsonNode node, String what) throws RedfishException {
        if (!node.isTextual() || node.textValue().isEmpty() || node.textValue().length() > TEXT_MAX) {
            throw new RedfishException("the BMC does not tell " + what);
        }
        return node.textValue();
    }

    boolean isOff() {
        return powerState.equals("Off");
    }

    /** A BMC that does not say what it allows is tried. */
    boolean allows(String type) {
        return resetTypes.isEmpty() || resetTypes.contains(type);
    }
}
