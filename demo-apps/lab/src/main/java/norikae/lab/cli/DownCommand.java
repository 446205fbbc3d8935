package norikae.lab.cli;

import norikae.lab.Lab;
import picocli.CommandLine.Command;

@Command(
        name = "down",
        description = "End the laboratory and everything in it; also one that came to grief.",
        mixinStandardHelpOptions = true)
final class DownCommand extends LabSubcommand {

    @Override
    int run(LabCommand parent) {
        boolean something = !Lab.remains(parent.name).isEmpty();
        Lab.down(parent.name);
        say("laboratory " + parent.name + (something ? " is down" : " was not up"));
        return 0;
    }
}
