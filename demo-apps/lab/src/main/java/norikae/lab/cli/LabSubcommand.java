package norikae.lab.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import norikae.lab.LabException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** What all subcommands share: the laboratory's name, the terminal, and how a refusal is said. */
abstract class LabSubcommand implements Callable<Integer> {

    @ParentCommand
    @Nullable
    LabCommand parent;

    private @Nullable CommandSpec spec;

    /** Called by picocli. */
    @Spec
    final void setSpec(CommandSpec itsSpec) {
        spec = itsSpec;
        configure(itsSpec);
    }

    /** A chance to change how picocli reads the subcommand. */
    void configure(CommandSpec itsSpec) {}

    @Override
    public final Integer call() throws Exception {
        try {
            return run(parent());
        } catch (LabException e) {
            return LabCommand.complain(spec().commandLine(), e);
        }
    }

    /** Does it and returns the exit code. */
    abstract int run(LabCommand lab) throws Exception;

    PrintWriter out() {
        return spec().commandLine().getOut();
    }

    void say(String line) {
        out().println(line);
        out().flush();
    }

    CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("not called through picocli");
        }
        return spec;
    }

    private LabCommand parent() {
        if (parent == null) {
            throw new IllegalStateException("not called through picocli");
        }
        return parent;
    }
}
