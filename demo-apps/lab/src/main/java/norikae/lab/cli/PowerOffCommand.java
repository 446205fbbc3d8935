package norikae.lab.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "power-off",
        description = "Cut a node's power: all of it is gone at once.",
        mixinStandardHelpOptions = true)
final class PowerOffCommand extends LabSubcommand {

    @Parameters(paramLabel = "NODE")
    String node = "";

    @Override
    int run(LabCommand parent) {
        parent.lab().node(node).powerOff();
        say(node + " is off");
        return 0;
    }
}
