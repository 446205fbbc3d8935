package norikae.lab.cli;

import java.util.List;
import norikae.lab.Lab;
import norikae.lab.LabException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "partition",
        description = "Cut the link between two hosts, or all links of one ('host' is this machine).",
        mixinStandardHelpOptions = true)
final class PartitionCommand extends LabSubcommand {

    @Parameters(arity = "1..2", paramLabel = "HOST")
    List<String> hosts = List.of();

    @Option(names = "--one-way", description = "Only what the first sends to the second is lost.")
    boolean oneWay;

    @Option(names = "--second", description = "The link of the second network, which only heartbeats take.")
    boolean second;

    @Override
    int run(LabCommand parent) {
        Lab lab = parent.lab();
        if (second) {
            if (hosts.size() == 1 || oneWay) {
                throw new LabException(
                        "--second cuts between two hosts, both ways: name both, and leave --one-way out");
            }
            lab.partitionSecond(hosts.getFirst(), hosts.getLast());
            say("nothing passes between " + hosts.getFirst() + " and " + hosts.getLast() + " on the second network");
        } else if (hosts.size() == 1) {
            if (oneWay) {
                throw new LabException(
                        "--one-way needs two hosts: the one that sends and the one that does not hear it");
            }
            lab.isolate(hosts.getFirst());
            say(hosts.getFirst() + " is cut off");
        } else if (oneWay) {
            lab.partitionOneWay(hosts.getFirst(), hosts.getLast());
            say("nothing passes from " + hosts.getFirst() + " to " + hosts.getLast());
        } else {
            lab.partition(hosts.getFirst(), hosts.getLast());
            say("nothing passes between " + hosts.getFirst() + " and " + hosts.getLast());
        }
        return 0;
    }
}
