/**
 * The command {@code norikae}.
 *
 * <p>{@link norikae.agent.cli.NorikaeCommand} puts the commands together and runs one of them; each command is a small
 * class on top of {@link norikae.agent.cli.Action} or {@link norikae.agent.cli.ClusterAction}, which know the options
 * that all commands share. Results go to standard output, everything else to standard error; with {@code --json} the
 * results are JSON, one document or one for each line. {@link norikae.agent.cli.ExitCode} is what scripts can rely on.
 * {@link norikae.agent.cli.MoveRun} follows moves and knows what Ctrl-C means for them.
 *
 * <p>Other modules add commands through {@link norikae.agent.cli.CommandProvider}.
 */
@NullMarked
package norikae.agent.cli;

import org.jspecify.annotations.NullMarked;
