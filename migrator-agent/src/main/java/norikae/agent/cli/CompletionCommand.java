package norikae.agent.cli;

import java.util.Map;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code norikae completion}. */
@Command(
        name = "completion",
        description = {"Print a completion script for bash and zsh.", "Use it with: source <(norikae completion)"})
final class CompletionCommand extends Action {

    private final Supplier<CommandLine> everything;

    /** @param everything the whole command tree, also what providers add */
    CompletionCommand(CliContext context, Supplier<CommandLine> everything) {
        super(context);
        this.everything = everything;
    }

    @Override
    ExitCode run() {
        String script = AutoComplete.bash("norikae", everything.get());
        if (json()) {
            printJson(Map.of("script", script));
        } else {
            print(script);
        }
        return ExitCode.OK;
    }
}
