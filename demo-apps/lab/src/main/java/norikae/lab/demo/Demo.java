package norikae.lab.demo;

import java.util.concurrent.Callable;
import norikae.agent.client.ControlException;
import norikae.lab.LabException;
import norikae.lab.Subnet;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bin/demo [NAME]}: without a name, the ledger that changes servers while its clients go on. */
@Command(
        name = "bin/demo",
        description = {
            "Shows Norikae at work, in a laboratory of its own.",
            "ledger: a bank with 200 connected clients changes servers six times.",
            "failover: the power of a bank's server is cut; it comes back on the other one.",
            "mirror: the same happens to a PostgreSQL under load, and no commit is lost."
        },
        mixinStandardHelpOptions = true)
public final class Demo implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "What to show. Default: ${DEFAULT-VALUE}.")
    String name = "ledger";

    @Option(names = "--lab", description = "The name of its laboratory. Default: ${DEFAULT-VALUE}.")
    String lab = "demo";

    @Option(names = "--subnet", description = "The laboratory's network. Default: ${DEFAULT-VALUE}.")
    String subnet = "10.78.0.0/24";

    private Demo() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Demo()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        try {
            Subnet network = Subnet.parse(subnet);
            return switch (name) {
                case "ledger" -> new LedgerDemo(lab, network, System.out).run() ? 0 : 1;
                case "mirror" -> new MirrorDemo(lab, network, System.out).run() ? 0 : 1;
                case "failover" -> new FailoverDemo(lab, network, System.out).run() ? 0 : 1;
                default -> {
                    System.err.println(
                            "bin/demo: there is no demonstration '" + name + "'; there are: ledger, failover, mirror");
                    yield CommandLine.ExitCode.USAGE;
                }
            };
        } catch (LabException | ControlException e) {
            System.err.println("bin/demo: " + e.getMessage());
            return 1;
        }
    }
}
