package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import norikae.agent.api.v1.RunServiceReply;
import norikae.agent.client.ControlClient;
import norikae.agent.document.DocumentText;
import norikae.agent.peer.SpecMessages;
import norikae.agent.spec.SpecReader;
import norikae.failover.model.ServiceSpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae run}. */
@Command(
        name = "run",
        description = "Start a service from its spec.",
        footer = {
            "%nA spec:%n",
            "  name: ledger",
            "  command: [java, -jar, /srv/ledger.jar]  # or one line, quoted as in a shell",
            "  address: 10.77.0.50/24    # goes wherever the service goes",
            "  user: nobody              # the account to run as",
            "  workingDirectory: /srv    # this and what follows can be left out",
            "  environment: {LEDGER_HOME: /srv}",
            "  limits: {memory: 512MiB, cpu: 1.5, processes: 200, openFiles: 4096}",
            "  node: node-a              # where it starts"
        })
final class RunCommand extends ClusterAction {

    @Parameters(paramLabel = "SPEC", description = "The service's spec, a YAML file; - reads standard input.")
    private Path file = Path.of("-");

    @Option(names = "--node", paramLabel = "NODE", description = "Where to start it, whatever the spec says.")
    private String node = "";

    RunCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) throws IOException {
        ServiceSpec spec = spec();
        norikae.agent.api.v1.ServiceSpec message = SpecMessages.toMessage(spec);
        RunServiceReply reply = client.run(
                node.isEmpty() ? message : message.toBuilder().setNode(node).build());
        if (json()) {
            printJson(reply);
            return ExitCode.OK;
        }
        summary(spec.name() + " runs on " + reply.getNode() + " at " + spec.address());
        for (String added : reply.getAddedList()) {
            summary("  added to its command: " + added);
        }
        return ExitCode.OK;
    }

    private ServiceSpec spec() throws IOException {
        if (file.toString().equals("-")) {
            return SpecReader.parse(DocumentText.of("standard input", context().in()));
        }
        if (!Files.isRegularFile(file)) {
            throw new CliException(
                    ExitCode.USAGE, "there is no file " + file, "name a spec; norikae run --help shows how one looks");
        }
        return SpecReader.read(file);
    }
}
