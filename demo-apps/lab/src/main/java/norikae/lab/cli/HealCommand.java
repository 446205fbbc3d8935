package norikae.lab.cli;

import picocli.CommandLine.Command;

@Command(name = "heal", description = "Mend every cut link.", mixinStandardHelpOptions = true)
final class HealCommand extends LabSubcommand {

    @Override
    int run(LabCommand parent) {
        parent.lab().heal();
        say("every link is whole");
        return 0;
    }
}
