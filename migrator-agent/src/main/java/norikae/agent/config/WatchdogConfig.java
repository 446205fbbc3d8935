package norikae.agent.config;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import norikae.agent.document.Fields;
import org.jspecify.annotations.Nullable;

/**
 * {@code "watchdog"} in {@code node.json}; immutable. Words, because what they mean is the business of the module that
 * stops servers.
 *
 * @param mode off, if-available or required
 * @param timeoutSeconds after which the watchdog stops a server whose agent has not fed it
 * @param actions how the server stops itself when a monitor wants that, tried in this order: panic, reset, power-off,
 *     watchdog; if there are none, its services are killed
 */
public record WatchdogConfig(String mode, Path device, int timeoutSeconds, List<String> actions) {

    /** No watchdog, and nothing that stops the whole server. */
    public static final WatchdogConfig OFF = new WatchdogConfig("off", Path.of("/dev/watchdog"), 10, List.of());

    private static final List<String> MODES = List.of("off", "if-available", "required");
    private static final List<String> ACTIONS = List.of("panic", "reset", "power-off", "watchdog");
    private static final int TIMEOUT_SECONDS_MAX = 3_600;

    public WatchdogConfig {
        actions = List.copyOf(actions);
    }

    static WatchdogConfig read(@Nullable Fields fields) {
        if (fields == null) {
            return OFF;
        }
        String mode = fields.parsed(
                "mode", fields.requiredText("mode", "write off, if-available or required"), text -> oneOf(MODES, text));
        Path device = fields.parsed("device", fields.text("device", "write a path"), Path::of);
        Integer timeout = fields.integer("timeoutSeconds", 1, TIMEOUT_SECONDS_MAX);
        List<String> actions = new ArrayList<>();
        List<String> words = fields.words("actions");
        for (String word : words == null ? List.<String>of() : words) {
            String action = fields.parsed("actions", word, text -> oneOf(ACTIONS, text));
            if (action != null) {
                actions.add(action);
            }
        }
        fields.finish();
        return new WatchdogConfig(
                mode == null ? OFF.mode : mode,
                device == null ? OFF.device : device,
                timeout == null ? OFF.timeoutSeconds : timeout,
                actions);
    }

    private static String oneOf(List<String> known, String text) {
        if (!known.contains(text)) {
            throw new IllegalArgumentException("'" + text + "' is not one of " + String.join(", ", known));
        }
        return text;
    }

    void write(JsonGenerator json) throws IOException {
        if (equals(OFF)) {
            return;
        }
        json.writeObjectFieldStart("watchdog");
        json.writeStringField("mode", mode);
        json.writeStringField("device", device.toString());
        json.writeNumberField("timeoutSeconds", timeoutSeconds);
        json.writeArrayFieldStart("actions");
        for (String action : actions) {
            json.writeString(action);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    boolean isRequired() {
        return mode.equals("required");
    }

    /** The mode or an action as the name of a constant. */
    public static String constant(String word) {
        return word.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
