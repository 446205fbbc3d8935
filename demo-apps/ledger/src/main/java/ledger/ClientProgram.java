package ledger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The client as a program: prints lines of JSON while it runs, obeys what it reads from its standard input, and ends
 * with a summary.
 *
 * <p>Standard input: {@code mark NAME} ends the current window, prints its figures and begins the window NAME (the
 * first one is called {@code start}); {@code stop} ends the run. When the input ends, the run goes on.
 *
 * <p>Standard output: JSON objects, one a line, told apart by their {@code type}: {@code ready} when all connections
 * are open and measuring begins, {@code interval}, {@code window}, and with {@code --json} the {@code summary} (the text for people then
 * goes to standard error).
 *
 * <p>Exit status: 0 if nothing was lost, doubled, reset, out of order or wrong; 1 if something was; 2 for wrong usage;
 * 3 if the bank could not be reached.
 */
final class ClientProgram {
    static final int EXIT_NOT_CLEAN = 1;
    static final int EXIT_NOT_REACHED = 3;

    private static final int MAX_CONNECTIONS = 2000;
    private static final int MAX_NAME_LENGTH = 200;
    /** How long a killed client may take for its summary: the drain, the audit, and some. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(25);

    /** How a run is reported and when it ends. */
    private record Report(Duration warmUp, Duration duration, Duration every, boolean json, boolean perConnection) {}

    private final LedgerClient client;
    private final Report report;
    private final PrintStream out;
    private final PrintStream err;
    private final CountDownLatch stop = new CountDownLatch(1);

    private ClientProgram(LedgerClient client, Report report, PrintStream out, PrintStream err) {
        this.client = client;
        this.report = report;
        this.out = out;
        this.err = err;
    }

    static int run(String... args) {
        return run(System.in, System.out, System.err, args);
    }

    static int run(InputStream in, PrintStream out, PrintStream err, String... args) {
        Arguments arguments = arguments();
        LedgerClient.Options options;
        Report report;
        try {
            if (arguments.parse(args).isSet("help")) {
                out.println(arguments.usage());
                return 0;
            }
            options = options(arguments);
            report = new Report(
                    arguments.duration("warm-up", "s"),
                    arguments.duration("duration", "s"),
                    arguments.duration("report-every", "s"),
                    arguments.isSet("json"),
                    arguments.isSet("per-connection"));
        } catch (Arguments.UsageException e) {
            err.println("ledger client: " + e.getMessage());
            return Arguments.EXIT_USAGE;
        }
        try (LedgerClient client = LedgerClient.start(options)) {
            return new ClientProgram(client, report, out, err).watch(in, options);
        } catch (IOException e) {
            err.println("ledger client: " + e.getMessage());
            return EXIT_NOT_REACHED;
        }
    }

    private static Arguments arguments() {
        return new Arguments("ledger client")
                .option("address", "HOST:PORT", "127.0.0.1:" + LedgerServer.DEFAULT_PORT, "where the bank is")
                .option("connections", "N", "200", "connections to hold")
                .option("think", "TIME", "50ms", "wait between an answer and the next request")
                .option("rate", "N", "0", "requests a second of each connection; 0: as --think says")
                .option("pipeline", "N", "1", "requests that a connection may have unanswered")
                .option("warm-up", "TIME", "1s", "run so long before measuring, while the JVMs are still slow")
                .option("duration", "TIME", "0", "how long to run, e.g. 30s; 0: until told to stop")
                .option("report-every", "TIME", "0", "print figures so often, e.g. 1s; 0: never")
                .option("connect-within", "TIME", "10s", "how long to try to open the connections")
                .option("drain", "TIME", "10s", "how long to wait at the end for missing answers")
                .flag("json", "print the summary as JSON too")
                .flag("per-connection", "add the pause of each connection to all figures");
    }

    private static LedgerClient.Options options(Arguments arguments) {
        String address = arguments.text("address");
        int colon = address.lastIndexOf(':');
        int port = -1;
        try {
            port = Integer.parseInt(address.substring(colon + 1));
        } catch (NumberFormatException e) {
            // told below, together with numbers out of range
        }
        if (colon < 1 || port < 1 || port > 65535) {
            throw arguments.bad("address", "HOST:PORT");
        }
        return new LedgerClient.Options(
                address.substring(0, colon),
                port,
                arguments.integer("connections", 1, MAX_CONNECTIONS),
                arguments.duration("think", "ms"),
                arguments.number("rate", 0, 100_000),
                arguments.integer("pipeline", 1, 1000),
                arguments.duration("connect-within", "s"),
                arguments.duration("drain", "s"));
    }

    private int watch(InputStream in, LedgerClient.Options options) throws IOException {
        CountDownLatch told = new CountDownLatch(1);
        Thread hook = new Thread(() -> stopAndWait(told), "ledger-client-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            warmUp();
            print(new Json().put("type", "ready").put("connections", options.connections()));
            Thread listener = new Thread(() -> obey(in), "ledger-client-stdin");
            listener.setDaemon(true);
            listener.start();
            runUntilStopped();
            Summary summary = client.stop();
            (report.json() ? err : out).println(summary.toText());
            if (report.json()) {
                print(summary.toJson(report.perConnection()));
            }
            return summary.isClean() ? 0 : EXIT_NOT_CLEAN;
        } finally {
            told.countDown();
            removeHook(hook);
        }
    }

    /** Also runs the code of the reports: done for the first time it would hold up the loop for tens of milliseconds. */
    private void warmUp() throws IOException {
        long end = System.nanoTime() + report.warmUp().toNanos();
        try {
            while (System.nanoTime() - end < 0 && !stop.await(20, TimeUnit.MILLISECONDS)) {
                String unused = json(client.windowSoFar()).toString();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.measureAnew();
    }

    private void runUntilStopped() throws IOException {
        long start = System.nanoTime();
        long every = report.every().isZero() ? Long.MAX_VALUE : report.every().toNanos();
        long end =
                report.duration().isZero() ? Long.MAX_VALUE : report.duration().toNanos();
        long nextReport = every;
        try {
            while (true) {
                long elapsed = System.nanoTime() - start;
                if (stop.await(Math.max(0, Math.min(end, nextReport) - elapsed), TimeUnit.NANOSECONDS)) {
                    return;
                }
                elapsed = System.nanoTime() - start;
                if (elapsed >= nextReport) {
                    print(new Json().put("type", "interval").putAll(json(client.nextInterval())));
                    nextReport += every * (1 + (elapsed - nextReport) / every);
                }
                if (elapsed >= end) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void obey(InputStream in) {
        try {
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                obey(line.strip());
            }
        } catch (IOException e) {
            err.println("ledger client: no more commands: " + e.getMessage());
        }
    }

    private void obey(String command) throws IOException {
        if (command.equals("stop")) {
            stop.countDown();
        } else if (command.startsWith("mark ") && command.length() <= MAX_NAME_LENGTH) {
            String next = command.substring(5).strip();
            Json json = new Json().put("type", "window").putAll(json(client.mark(next)));
            print(json.put("next", next));
        } else if (!command.isEmpty()) {
            err.println("ledger client: unknown command '" + command + "'; commands: mark NAME, stop");
        }
    }

    private Json json(Figures figures) {
        return figures.toJson(report.perConnection());
    }

    private synchronized void print(Json json) {
        out.println(json);
        out.flush();
    }

    private void stopAndWait(CountDownLatch told) {
        stop.countDown();
        try {
            if (!told.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)) {
                err.println("ledger client: no summary in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending: the hook is running or done
        }
    }
}
