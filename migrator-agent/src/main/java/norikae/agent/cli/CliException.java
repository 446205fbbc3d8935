package norikae.agent.cli;

import org.jspecify.annotations.Nullable;

/** Ends a command with a message for the person who typed it; commands of other modules may throw it too. */
public final class CliException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final ExitCode code;
    private final @Nullable String remedy;

    public CliException(ExitCode code, String message) {
        this(code, message, null);
    }

    /** @param remedy what to do about it, {@code null} if the message says it */
    public CliException(ExitCode code, String message, @Nullable String remedy) {
        super(message);
        this.code = code;
        this.remedy = remedy;
    }

    public ExitCode code() {
        return code;
    }

    public @Nullable String remedy() {
        return remedy;
    }
}
