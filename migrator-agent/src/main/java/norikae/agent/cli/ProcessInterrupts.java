package norikae.agent.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ctrl-C of the real process, through a shutdown hook: the JVM runs it while the command's thread goes on, so the hook
 * can ask for the end of the move, wait until the command has reported how it ended, and then end the process with the
 * command's own exit code. Thread-safe.
 */
final class ProcessInterrupts implements Interrupts {

    private static final Duration PATIENCE = Duration.ofSeconds(60); // a move that is cancelled ends in a second or two

    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

    @Override
    public Handle whileOpen(Runnable action) {
        Thread hook = Thread.ofPlatform().name("interrupted").unstarted(() -> {
            action.run();
            Runtime.getRuntime().halt(awaitExitCode());
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // the hook runs: it waits for the command's exit code
            }
        };
    }

    /** To be called before the process is ended by the command itself. */
    void finished(int code) {
        exitCode.complete(code);
    }

    private int awaitExitCode() {
        try {
            return exitCode.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            return ExitCode.INTERRUPTED.number();
        }
    }
}
