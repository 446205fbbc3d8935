package norikae.lab.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import norikae.lab.ExecRequest;
import norikae.lab.LabProcess;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

@Command(
        name = "exec",
        description = "Run a program on a host of the laboratory; its exit code is ours.",
        mixinStandardHelpOptions = true)
final class ExecCommand extends LabSubcommand {

    @Parameters(index = "0", paramLabel = "HOST", description = "Such as node-a or client.")
    String host = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "Write -- before it.")
    List<String> command = List.of();

    @Override
    void configure(CommandSpec spec) {
        // What follows the host belongs to the program, options too.
        spec.parser().stopAtPositional(true);
    }

    @Override
    int run(LabCommand parent) throws InterruptedException {
        List<String> words = command.getFirst().equals("--") ? command.subList(1, command.size()) : command;
        ExecRequest request = new ExecRequest(words, Path.of("").toAbsolutePath(), Map.of(), true);
        LabProcess process = parent.lab().node(host).exec(request);
        // Whoever ends us wants the program ended too. (Ctrl-C reaches it by itself: it is in our terminal.)
        Thread killer = new Thread(process::close, "kill the program");
        Runtime.getRuntime().addShutdownHook(killer);
        int code = process.await();
        Runtime.getRuntime().removeShutdownHook(killer);
        return code;
    }
}
