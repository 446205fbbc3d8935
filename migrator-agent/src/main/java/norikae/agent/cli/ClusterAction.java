package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import picocli.CommandLine.Mixin;

/** A command that talks to the cluster. */
abstract class ClusterAction extends Action {

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    ClusterAction(CliContext context) {
        super(context);
    }

    abstract ExitCode run(ControlClient client) throws Exception;

    @Override
    final ExitCode run() throws Exception {
        try (ControlClient client = connection.connect(context())) {
            return run(client);
        }
    }

    ClientConfig config() throws IOException {
        return connection.load(context());
    }

    Path configFile() throws IOException {
        return connection.file(context());
    }
}
