package norikae.agent.cli;

import picocli.CommandLine.Option;

/** What every command has. */
public final class OutputOptions {

    @Option(
            names = "--json",
            description = "Print JSON for programs: one document, or one for each line where things come bit by bit.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only what was asked for: no progress, no summary.")
    private boolean quiet;

    @Option(names = "--debug", description = "Print the stack trace of an error.")
    private boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    public boolean json() {
        return json;
    }

    public boolean quiet() {
        return quiet;
    }

    public boolean debug() {
        return debug;
    }

    boolean help() {
        return help;
    }
}
