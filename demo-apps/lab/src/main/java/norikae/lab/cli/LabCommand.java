package norikae.lab.cli;

import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code norikae lab}. */
@Command(
        name = "lab",
        description = "A whole cluster on this machine, out of namespaces.",
        mixinStandardHelpOptions = true,
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            ExecCommand.class,
            PowerOffCommand.class,
            PowerOnCommand.class,
            HangCommand.class,
            ResumeCommand.class,
            PartitionCommand.class,
            HealCommand.class,
            ShapeCommand.class
        })
public final class LabCommand implements Runnable {

    @Option(
            names = "--name",
            description = "Name of the laboratory; several can stand side by side. Default: ${DEFAULT-VALUE}.",
            defaultValue = LabOptions.NAME_DEFAULT,
            scope = ScopeType.INHERIT)
    String name = LabOptions.NAME_DEFAULT;

    @Spec
    @Nullable
    CommandSpec spec;

    /** The laboratory that the other commands work on. */
    Lab lab() {
        return Lab.get(name);
    }

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not called through picocli");
        }
        throw new ParameterException(spec.commandLine(), "norikae lab needs a subcommand, such as up or status");
    }

    /** What went wrong, as one line for the operator; exit code 1. */
    static int complain(CommandLine commandLine, LabException problem) {
        commandLine.getErr().println("norikae lab: " + problem.getMessage());
        commandLine.getErr().flush();
        return 1;
    }
}
