package norikae.agent.cli;

/**
 * Adds a command to {@code norikae}; found by {@link java.util.ServiceLoader}. Providers are only looked at when the
 * command line names none of the built-in commands, so they cost the others no time.
 */
public interface CommandProvider {

    /**
     * An object that Picocli takes for a command. It may use {@link OutputOptions} as a mixin to get {@code --json},
     * {@code --quiet}, {@code --debug} and {@code --help}, and throw {@link CliException}.
     */
    Object command();
}
