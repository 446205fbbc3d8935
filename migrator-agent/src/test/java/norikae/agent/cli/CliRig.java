package norikae.agent.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import norikae.agent.config.AgentDirectories;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfigLookup;

/** Runs the command inside the test, in a home of its own. */
final class CliRig {

    private final Path folder;
    private InputStream in = InputStream.nullInputStream();
    private final CompletableFuture<Runnable> interrupt = new CompletableFuture<>();

    record Result(int code, String out, String err) {}

    CliRig(Path folder) {
        this.folder = folder;
    }

    CliRig withClient(ClientConfig config) throws IOException {
        config.save(clientFile());
        return this;
    }

    CliRig withInput(String text) {
        in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    Path clientFile() {
        return lookup().defaultFile();
    }

    AgentDirectories directories() {
        return new AgentDirectories(folder.resolve("var"), folder.resolve("run"));
    }

    private ClientConfigLookup lookup() {
        return new ClientConfigLookup(Map.of(), folder.resolve("home"), folder.resolve("labs"));
    }

    /** What Ctrl-C does; waits for a command that minds it. */
    void pressCtrlC() {
        interrupt.orTimeout(30, TimeUnit.SECONDS).join().run();
    }

    Result run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = NorikaeCommand.execute(
                context(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8)),
                args);
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    CliContext context(PrintStream out, PrintStream err) {
        return new CliContext(in, out, err, false, lookup(), directories(), action -> {
            interrupt.complete(action);
            return () -> {};
        });
    }
}
