package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.Files;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.agent.document.InvalidDocumentException;

/** Guards what makes a machine a member. */
final class NodeFiles {

    private NodeFiles() {}

    /** @throws CliException if this machine belongs to a cluster */
    static void requireNoCluster(AgentDirectories directories) throws IOException {
        if (!Files.exists(directories.configFile())) {
            return;
        }
        String which;
        try {
            AgentConfig config = AgentConfig.load(directories);
            which = "this machine is node " + config.node() + " of cluster " + config.cluster() + " already";
        } catch (InvalidDocumentException e) {
            which = "this machine belongs to a cluster already, though its configuration is damaged";
        }
        throw new CliException(
                ExitCode.PRECONDITION,
                which + " (" + directories.configFile() + ")",
                "norikae node remove ends its membership; then stop norikaed and move " + directories.home() + " away");
    }
}
