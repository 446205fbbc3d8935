package norikae.agent.cli;

import com.google.protobuf.Message;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that does something; its subclasses print through the methods here, which know the output options. */
abstract class Action implements Callable<Integer> {

    @Mixin
    private final OutputOptions output = new OutputOptions();

    private final CliContext context;

    Action(CliContext context) {
        this.context = context;
    }

    abstract ExitCode run() throws Exception;

    @Override
    public Integer call() throws Exception {
        ExitCode code = run();
        context.out().flush();
        return code.number();
    }

    CliContext context() {
        return context;
    }

    boolean json() {
        return output.json();
    }

    boolean quiet() {
        return output.quiet();
    }

    /** What was asked for. */
    void print(String line) {
        context.out().println(line);
    }

    /** What is good to know besides. */
    void summary(String line) {
        if (!output.quiet() && !output.json()) {
            context.out().println(line);
        }
    }

    /** What must be known, but is not the answer. */
    void warn(String line) {
        context.err().println("norikae: " + line);
    }

    void printJson(Message message) {
        context.out().println(Json.of(message));
    }

    void printJson(Map<String, ?> document) {
        context.out().println(Json.of(document));
    }
}
