package norikae.lab.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "shape", description = "Limit the speed of a host's link, both ways.", mixinStandardHelpOptions = true)
final class ShapeCommand extends LabSubcommand {

    @Parameters(index = "0", paramLabel = "HOST")
    String host = "";

    @Parameters(index = "1", paramLabel = "RATE", description = "Such as 100mbit; none for no limit.")
    String rate = "";

    @Override
    int run(LabCommand parent) {
        parent.lab().shape(host, rate);
        say(
                rate.equals("none")
                        ? "the link of " + host + " has no limit"
                        : "the link of " + host + " is limited to " + rate);
        return 0;
    }
}
