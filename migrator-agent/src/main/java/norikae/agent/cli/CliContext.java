package norikae.agent.cli;

import java.io.InputStream;
import java.io.PrintStream;
import norikae.agent.config.AgentDirectories;
import norikae.agent.config.ClientConfigLookup;

/**
 * The world around a command, so that tests can give it another.
 *
 * @param terminal a person watches the output
 * @param lookup finds the client's configuration
 * @param directories of the node on which the command runs, for {@code cluster init} and {@code node join}
 */
record CliContext(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean terminal,
        ClientConfigLookup lookup,
        AgentDirectories directories,
        Interrupts interrupts) {}
