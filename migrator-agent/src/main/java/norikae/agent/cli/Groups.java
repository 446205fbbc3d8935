package norikae.agent.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Builds commands that hold others. */
final class Groups {

    private Groups() {}

    static CommandLine of(String name, String description, Action... actions) {
        CommandLine line = new CommandLine(new Group());
        line.setCommandName(name);
        line.getCommandSpec().usageMessage().description(description);
        addHelp(line);
        for (Action action : actions) {
            line.addSubcommand(action);
        }
        return line;
    }

    /** The one option of a command that only holds others. */
    static void addHelp(CommandLine line) {
        line.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help.")
                        .build());
    }
}
