package norikae.linux;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** ptrace(2) obeys the thread that attached and no other: this gives a task a platform thread of its own. Stateless. */
final class PtraceThread {

    private PtraceThread() {}

    /** Runs it to its end, whether or not the caller is interrupted meanwhile: no process may be left half-way. */
    static <T> T run(int pid, Callable<T> task) throws IOException {
        FutureTask<T> running = new FutureTask<>(task);
        Thread thread = Thread.ofPlatform().name("ptrace-" + pid).start(running);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    thread.join(); // with it ends whatever it still held
                    return running.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof IOException io ? io : new IOException("process " + pid, e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
