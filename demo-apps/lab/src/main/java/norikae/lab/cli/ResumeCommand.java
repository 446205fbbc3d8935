package norikae.lab.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "resume", description = "Let a node that hangs go on.", mixinStandardHelpOptions = true)
final class ResumeCommand extends LabSubcommand {

    @Parameters(paramLabel = "NODE")
    String node = "";

    @Override
    int run(LabCommand parent) {
        parent.lab().node(node).resume();
        say(node + " goes on");
        return 0;
    }
}
