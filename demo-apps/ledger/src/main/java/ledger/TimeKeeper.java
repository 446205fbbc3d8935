package ledger;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether time keeps its pace: a TCP service that watches a {@link ScheduledExecutorService} at fixed rate,
 * {@link Thread#sleep}, {@link System#nanoTime} and {@link System#currentTimeMillis}, and remembers the worst of each.
 *
 * <pre>
 * PING             OK pong
 * REPORT           one line of JSON, see {@link TimeRecord}
 * RESET            OK; forgets what has been recorded
 * RESOLVE [name]   OK name address,address …   (without a name: the local host)
 * </pre>
 */
public final class TimeKeeper implements AutoCloseable {
    /** The port when none is given. */
    public static final int DEFAULT_PORT = 7101;

    private static final long NANO_SAMPLE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final LineServer server;
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "time-ticker");
        thread.setDaemon(true);
        return thread;
    });
    private final ExecutorService resolver = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "time-resolver");
        thread.setDaemon(true);
        return thread;
    });
    private final TimeRecord record;
    private volatile boolean stopping;

    private TimeKeeper(int port) throws IOException {
        server = new LineServer("time-server", port, this::answer);
        record = new TimeRecord(System.nanoTime(), System.currentTimeMillis());
    }

    /** Listens on all addresses at {@code port} (0: any free one) and starts to watch the time. */
    public static TimeKeeper start(int port) throws IOException {
        TimeKeeper keeper = new TimeKeeper(port);
        keeper.record.reset(System.nanoTime(), System.currentTimeMillis());
        var unused = keeper.ticker.scheduleAtFixedRate(
                () -> keeper.record.tick(System.nanoTime()),
                TimeRecord.TICK_MILLIS,
                TimeRecord.TICK_MILLIS,
                TimeUnit.MILLISECONDS);
        daemon("time-sleeper", keeper::keepSleeping).start();
        daemon("time-nanos", keeper::keepSampling).start();
        keeper.server.start();
        return keeper;
    }

    /** The port on which it listens. */
    public int port() {
        return server.port();
    }

    @Override
    public void close() {
        stopping = true;
        server.close();
        ticker.shutdownNow();
        resolver.shutdownNow();
    }

    private void keepSleeping() {
        try {
            while (!stopping) {
                long nanos = System.nanoTime();
                long millis = System.currentTimeMillis();
                Thread.sleep(TimeRecord.SLEEP_MILLIS);
                record.slept(System.nanoTime() - nanos, System.currentTimeMillis() - millis);
            }
        } catch (InterruptedException e) {
            // nobody interrupts this thread but the end of the JVM
        }
    }

    private void keepSampling() {
        long last = System.nanoTime();
        while (!stopping) {
            LockSupport.parkNanos(NANO_SAMPLE_NANOS);
            long now = System.nanoTime();
            record.sampled(now - last);
            last = now;
        }
    }

    private CompletionStage<String> answer(String line) {
        List<String> words = LineServer.words(line);
        switch (words.isEmpty() ? "" : words.get(0)) {
            case "PING":
                return CompletableFuture.completedFuture("OK pong");
            case "REPORT":
                return CompletableFuture.completedFuture(record.report(System.nanoTime(), System.currentTimeMillis())
                        .toString());
            case "RESET":
                record.reset(System.nanoTime(), System.currentTimeMillis());
                return CompletableFuture.completedFuture("OK");
            case "RESOLVE":
                String name = words.size() > 1 ? words.get(1) : null;
                return CompletableFuture.supplyAsync(() -> resolve(name), resolver);
            default:
                return CompletableFuture.completedFuture(
                        "ERR unknown command: '" + line + "'; commands: PING, REPORT, RESET, RESOLVE [name]");
        }
    }

    private static String resolve(@Nullable String name) {
        try {
            if (name == null) {
                InetAddress local = InetAddress.getLocalHost();
                return "OK " + local.getHostName() + " " + local.getHostAddress();
            }
            return "OK " + name + " "
                    + Arrays.stream(InetAddress.getAllByName(name))
                            .map(InetAddress::getHostAddress)
                            .collect(Collectors.joining(","));
        } catch (UnknownHostException e) {
            return "ERR cannot resolve: " + e.getMessage();
        }
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Runs until it is told to end (SIGTERM, SIGINT). */
    public static void main(String[] args) {
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(String... args) {
        // Every RESOLVE shall really ask, not remember: the point is whether asking still works.
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        Arguments arguments = new Arguments("ledger timekeeper")
                .option("port", "PORT", Integer.toString(DEFAULT_PORT), "where to listen, on all addresses");
        int port;
        try {
            if (arguments.parse(args).isSet("help")) {
                System.out.println(arguments.usage());
                return 0;
            }
            port = arguments.integer("port", 0, 65535);
        } catch (Arguments.UsageException e) {
            System.err.println("ledger timekeeper: " + e.getMessage());
            return Arguments.EXIT_USAGE;
        }
        try (TimeKeeper keeper = start(port)) {
            Runtime.getRuntime().addShutdownHook(new Thread(keeper::close, "time-shutdown"));
            System.out.println("timekeeper listening on 0.0.0.0:" + keeper.port() + " pid="
                    + ProcessHandle.current().pid());
            keeper.server.awaitStopped();
            return 0;
        } catch (IOException e) {
            System.err.println("ledger timekeeper: " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
