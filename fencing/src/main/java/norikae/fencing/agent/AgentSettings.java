package norikae.fencing.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import norikae.failover.fencing.Fencer;
import norikae.fencing.device.DeviceSettings;
import norikae.fencing.device.Secret;
import org.jspecify.annotations.Nullable;

/**
 * A fence agent and what it is told.
 *
 * @param agent its name, such as {@code fence_ipmilan}, or its absolute path
 * @param options what it reads, but for the action and the password
 * @param passwordOption the option that takes the password, {@code password} unless said otherwise
 */
public record AgentSettings(
        String agent,
        Map<String, String> options,
        String passwordOption,
        @Nullable Secret password,
        @Nullable Path passwordFile)
        implements DeviceSettings {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");
    private static final Pattern OPTION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,63}");
    private static final Pattern SOUNDS_SECRET =
            Pattern.compile("(?i).*(passw|passphrase|secret|token|community|_?kg$).*");
    private static final int OPTIONS_MAX = 64;
    private static final int VALUE_MAX = 256; // all of it must fit into a pipe at once

    public AgentSettings(
            @Nullable String agent,
            @Nullable Map<String, String> options,
            @Nullable String passwordOption,
            @Nullable Secret password,
            @Nullable Path passwordFile) {
        if (agent == null) {
            throw new IllegalArgumentException("there is no agent: write a name like fence_ipmilan");
        }
        if (!NAME.matcher(agent).matches() && !Path.of(agent).isAbsolute()) {
            throw new IllegalArgumentException("agent '" + agent
                    + "' is neither the name of a fence agent, like fence_ipmilan, nor an absolute path");
        }
        this.agent = agent;
        this.options = new TreeMap<>(options == null ? Map.of() : options);
        this.passwordOption = passwordOption == null ? "password" : passwordOption;
        this.password = password;
        this.passwordFile = passwordFile;
        Secret.requireAtMostOne(password, passwordFile);
        if (this.options.size() > OPTIONS_MAX) {
            throw new IllegalArgumentException("there are more than " + OPTIONS_MAX + " options");
        }
        this.options.forEach(this::requireUsable);
        if (!OPTION.matcher(this.passwordOption).matches()) {
            throw new IllegalArgumentException("passwordOption must be the name of an option, like passwd");
        }
    }

    private void requireUsable(String name, @Nullable String value) {
        if (!OPTION.matcher(name).matches()) {
            throw new IllegalArgumentException("option '" + name + "' is not a name: use letters, digits, _ and -");
        }
        if (Set.of("action", "option").contains(name)) {
            throw new IllegalArgumentException("option '" + name + "' is ours to set: remove it");
        }
        if (name.equals(passwordOption) && (password != null || passwordFile != null)) {
            throw new IllegalArgumentException("option '" + name + "' is the password, which stands beside it, too");
        }
        if (value == null || value.length() > VALUE_MAX || value.chars().anyMatch(c -> c < ' ')) {
            throw new IllegalArgumentException("the value of option '" + name + "' must be a text of at most "
                    + VALUE_MAX + " characters, none of them a control character");
        }
    }

    @Override
    public boolean holdsSecret() {
        return password != null || options.keySet().stream().anyMatch(AgentSettings::soundsSecret);
    }

    static boolean soundsSecret(String option) {
        return SOUNDS_SECRET.matcher(option).matches();
    }

    @Override
    public Fencer open(Path home) throws IOException {
        Secret secret =
                password == null && passwordFile == null ? null : Secret.resolve(password, passwordFile, home, agent);
        return new AgentFencer(this, secret);
    }

    /** Without the values of options, any of which may be secret. */
    @Override
    public String toString() {
        return "AgentSettings[agent=" + agent + ", options=" + options.keySet() + "]";
    }
}
