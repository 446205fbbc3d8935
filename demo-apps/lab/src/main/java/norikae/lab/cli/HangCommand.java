package norikae.lab.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "hang",
        description = "Stop every process of a node where it stands; its kernel goes on.",
        mixinStandardHelpOptions = true)
final class HangCommand extends LabSubcommand {

    @Parameters(paramLabel = "NODE")
    String node = "";

    @Override
    int run(LabCommand parent) {
        parent.lab().node(node).hang();
        say(node + " hangs");
        return 0;
    }
}
