package norikae.lab.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "power-on", description = "Boot a node again, with its disk.", mixinStandardHelpOptions = true)
final class PowerOnCommand extends LabSubcommand {

    @Parameters(paramLabel = "NODE")
    String node = "";

    @Override
    int run(LabCommand parent) {
        parent.lab().node(node).powerOn();
        say(node + " is on");
        return 0;
    }
}
