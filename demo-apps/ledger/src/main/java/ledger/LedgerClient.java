package ledger;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Many connections to the bank, each of which checks every answer, and the measure of how long they had to wait.
 *
 * <p>Thread-safe. As a program it is {@link ClientProgram}.
 */
public final class LedgerClient implements AutoCloseable {
    /** The audit shall not hang for ever where the bank has fallen silent. */
    private static final Duration AUDIT_TIMEOUT = Duration.ofSeconds(10);

    /**
     * What a client is started with.
     *
     * @param host name or address of the bank
     * @param port its port
     * @param connections how many connections to hold
     * @param think how long a connection waits after an answer before it asks again; does not count if there is a rate
     * @param rate requests a second of each connection, or 0 to ask again {@code think} after each answer
     * @param pipeline how many requests a connection may have unanswered
     * @param connectWithin how long to try until all connections are open
     * @param drain how long to wait at the end for answers that are still to come
     */
    public record Options(
            String host,
            int port,
            int connections,
            Duration think,
            double rate,
            int pipeline,
            Duration connectWithin,
            Duration drain) {

        /** A client of that many connections, which ask again {@code think} after each answer. */
        public static Options to(String host, int port, int connections, Duration think) {
            return new Options(host, port, connections, think, 0, 1, Duration.ofSeconds(10), Duration.ofSeconds(10));
        }

        boolean isPaced() {
            return rate > 0;
        }

        long spacingNanos() {
            return isPaced() ? (long) (1e9 / rate) : think.toNanos();
        }
    }

    private final Options options;
    private final String clientPrefix;
    private final ClientLoop loop;

    private LedgerClient(Options options) throws IOException {
        this.options = options;
        this.clientPrefix =
                "c" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()) + "-";
        this.loop = new ClientLoop(options, clientPrefix);
    }

    /** Opens all connections and begins to send requests. */
    public static LedgerClient start(Options options) throws IOException {
        LedgerClient client = new LedgerClient(options);
        await(client.loop.opened());
        return client;
    }

    /** Ends the current measuring window, begins the next, and gives the figures of the one that ended. */
    Figures mark(String name) throws IOException {
        return await(loop.mark(name));
    }

    /** Like {@link #mark} for a second series of windows, those of a regular report. */
    Figures nextInterval() throws IOException {
        return await(loop.nextInterval());
    }

    /** Ends the warming-up: all windows begin now, and the times of the total too (its counts are of the whole run). */
    void measureAnew() throws IOException {
        await(loop.measureAnew());
    }

    /** The figures of the current window as they stand. */
    Figures windowSoFar() throws IOException {
        return await(loop.windowSoFar());
    }

    /** Sends no more, waits for what is unanswered, asks the bank for an audit, and tells how it all was. */
    Summary stop() throws IOException {
        ClientLoop.Ending ending = await(loop.stop(options.drain()));
        Audit audit = null;
        String failure = "";
        try {
            audit = Audit.ask(new InetSocketAddress(options.host(), options.port()), clientPrefix, AUDIT_TIMEOUT);
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
        }
        return Summary.of(ending, audit, failure);
    }

    /** Ends without waiting for anything. */
    @Override
    public void close() {
        try {
            await(loop.stop(Duration.ZERO));
        } catch (IOException e) {
            // it has ended either way
        }
    }

    private static <T extends @Nullable Object> T await(CompletableFuture<T> future) throws IOException {
        try {
            // Every question has its own limit in the loop; this one is for a loop that is stuck.
            return future.get(10, TimeUnit.MINUTES);
        } catch (ExecutionException | CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new IOException("the client's loop does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Runs the client as a program; see {@code --help}. */
    public static void main(String[] args) {
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(String... args) {
        return ClientProgram.run(args);
    }
}
