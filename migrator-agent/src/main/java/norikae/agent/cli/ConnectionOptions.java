package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfigLookup;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every command has that talks to the cluster. */
final class ConnectionOptions {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The client configuration to use; otherwise $NORIKAE_CONFIG, then"
                    + " ~/.config/norikae/client.json, then the lab that was started last.")
    private @Nullable Path config;

    ClientConfig load(CliContext context) throws IOException {
        return ClientConfig.load(file(context));
    }

    Path file(CliContext context) throws IOException {
        try {
            return context.lookup().find(config);
        } catch (NoSuchFileException e) {
            throw new CliException(
                    ExitCode.USAGE,
                    e.getReason() == null ? e.getFile() + " does not exist" : e.getReason(),
                    "name a file with --config or $" + ClientConfigLookup.VARIABLE
                            + "; norikae cluster init makes one, norikae lab up too");
        }
    }

    ControlClient connect(CliContext context) throws IOException {
        return ControlClient.open(load(context));
    }
}
