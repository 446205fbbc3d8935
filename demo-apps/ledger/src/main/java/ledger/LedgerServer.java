package ledger;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bank as a TCP service. Its protocol is told in the package's description.
 *
 * <p>The bank's books belong to the server's one thread; a scheduled executor counts ticks beside it, so that a moved
 * server can show that its timers still run.
 */
public final class LedgerServer implements AutoCloseable {
    /** The port when none is given. */
    public static final int DEFAULT_PORT = 7100;

    static final int TICK_MILLIS = 100;

    private static final long FIRST_DEPOSIT = 1_000_000;
    private static final String COMMANDS = "PING, OPEN account amount, BALANCE account,"
            + " TRANSFER client seq from to amount, AUDIT [clientPrefix], INFO, BALLAST, HELP";

    /**
     * What a server is started with.
     *
     * @param port where it listens, on all addresses; 0 for any free port
     * @param accounts how many accounts ({@code acct-0}, …) it opens at once, with a million each
     * @param ballastBytes how much live heap it holds beside its books
     * @param dirtyBytesPerSecond how much of that is rewritten all the time
     * @param garbageBytes how much dead heap it leaves behind at the start
     */
    public record Options(int port, int accounts, long ballastBytes, long dirtyBytesPerSecond, long garbageBytes) {

        public Options(int port, int accounts, long ballastBytes, long dirtyBytesPerSecond) {
            this(port, accounts, ballastBytes, dirtyBytesPerSecond, 0);
        }

        private void checkFits() {
            // The dead count as well: first they all live at once.
            Ballast.checkFits(ballastBytes + garbageBytes, Runtime.getRuntime().maxMemory());
        }
    }

    private final Bank bank = new Bank();
    private final Ballast ballast;
    private final LineServer server;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "ledger-timer"));
    private final AtomicLong ticks = new AtomicLong();
    private final long startedNanos = System.nanoTime();
    private final long startedMillis = System.currentTimeMillis();

    private LedgerServer(Options options) throws IOException {
        options.checkFits();
        server = new LineServer("ledger-server", options.port(), this::answer);
        for (int i = 0; i < options.accounts(); i++) {
            try {
                bank.open("acct-" + i, Long.toString(FIRST_DEPOSIT));
            } catch (Bank.RefusedException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
        ballast = new Ballast(options.ballastBytes(), options.dirtyBytesPerSecond(), options.garbageBytes());
    }

    /** Starts a server; when this returns it listens and its ballast is full. */
    public static LedgerServer start(Options options) throws IOException {
        LedgerServer ledger = new LedgerServer(options);
        var unused = ledger.timer.scheduleAtFixedRate(
                ledger.ticks::incrementAndGet, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        ledger.server.start();
        return ledger;
    }

    /** The port on which it listens. */
    public int port() {
        return server.port();
    }

    /** Answers what has come in, then ends all connections. */
    @Override
    public void close() {
        server.close();
        ballast.close();
        timer.shutdownNow();
    }

    private CompletionStage<String> answer(String line) {
        try {
            return answer(LineServer.words(line));
        } catch (Bank.RefusedException e) {
            return done("ERR " + e.getMessage());
        }
    }

    private CompletionStage<String> answer(List<String> words) throws Bank.RefusedException {
        if (words.isEmpty()) {
            throw new Bank.RefusedException("empty line; commands: " + COMMANDS);
        }
        switch (words.get(0)) {
            case "PING":
                expect(words, 0, 0, "PING");
                return done("OK pong");
            case "OPEN":
                expect(words, 2, 2, "OPEN account amount");
                return done(bank.open(words.get(1), words.get(2)));
            case "BALANCE":
                expect(words, 1, 1, "BALANCE account");
                return done(bank.balance(words.get(1)));
            case "TRANSFER":
                expect(words, 5, 5, "TRANSFER client seq from to amount");
                return done(bank.transfer(words));
            case "AUDIT":
                expect(words, 0, 1, "AUDIT [clientPrefix]");
                return done(bank.audit(words.size() > 1 ? words.get(1) : ""));
            case "INFO":
                expect(words, 0, 0, "INFO");
                return done(info());
            case "BALLAST":
                expect(words, 0, 0, "BALLAST");
                return CompletableFuture.supplyAsync(this::checkBallast, task -> daemon(task, "ledger-ballast-check")
                        .start());
            case "HELP":
                return done("OK " + COMMANDS);
            default:
                throw new Bank.RefusedException("unknown command: " + words.get(0) + "; commands: " + COMMANDS);
        }
    }

    private static void expect(List<String> words, int min, int max, String form) throws Bank.RefusedException {
        int given = words.size() - 1;
        if (given < min || given > max) {
            throw new Bank.RefusedException("expected: " + form + "; got " + given + " arguments");
        }
    }

    private String info() {
        Runtime runtime = Runtime.getRuntime();
        return "OK pid=" + ProcessHandle.current().pid()
                + " uptimeNanos=" + (System.nanoTime() - startedNanos)
                + " uptimeWallMillis=" + (System.currentTimeMillis() - startedMillis)
                + " wallMillis=" + System.currentTimeMillis()
                + " ticks=" + ticks
                + " tickMillis=" + TICK_MILLIS
                + " heapUsed=" + (runtime.totalMemory() - runtime.freeMemory())
                + " heapMax=" + runtime.maxMemory()
                + " connections=" + server.connections()
                + " transfers=" + bank.transfers()
                + " ballast=" + ballast.bytes()
                + " rewritten=" + ballast.rewrittenBytes();
    }

    private String checkBallast() {
        Ballast.Check check = ballast.check();
        return "OK bytes=" + ballast.bytes() + " chunks=" + check.chunks() + " rewritten=" + ballast.rewrittenBytes()
                + " faults=" + check.faults();
    }

    private static CompletionStage<String> done(String reply) {
        return CompletableFuture.completedFuture(reply);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Runs the server until it is told to end (SIGTERM, SIGINT). */
    public static void main(String[] args) {
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(String... args) {
        Arguments arguments = new Arguments("ledger server")
                .option("port", "PORT", Integer.toString(DEFAULT_PORT), "where to listen, on all addresses")
                .option("accounts", "N", "100", "accounts to open at the start, acct-0 to acct-(N-1)")
                .option("ballast", "SIZE", "0", "live heap to hold, e.g. 200m")
                .option("dirty", "RATE", "0", "bytes of the ballast to rewrite each second, e.g. 20m")
                .option("garbage", "SIZE", "0", "dead heap to leave behind among the ballast, e.g. 600m");
        Options options;
        try {
            if (arguments.parse(args).isSet("help")) {
                System.out.println(arguments.usage());
                return 0;
            }
            options = new Options(
                    arguments.integer("port", 0, 65535),
                    arguments.integer("accounts", 0, Bank.MAX_ACCOUNTS),
                    arguments.bytes("ballast"),
                    arguments.bytes("dirty"),
                    arguments.bytes("garbage"));
            options.checkFits();
        } catch (Arguments.UsageException e) {
            System.err.println("ledger server: " + e.getMessage());
            return Arguments.EXIT_USAGE;
        }
        return serve(options);
    }

    private void shutDown() {
        close();
        System.out.println("ledger stopped after " + bank.transfers() + " transfers");
    }

    private static int serve(Options options) {
        try (LedgerServer ledger = start(options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(ledger::shutDown, "ledger-shutdown"));
            System.out.println("ledger listening on 0.0.0.0:" + ledger.port() + " pid="
                    + ProcessHandle.current().pid() + " accounts=" + options.accounts() + " ballast="
                    + ledger.ballast.bytes());
            ledger.server.awaitStopped();
            return 0;
        } catch (IOException e) {
            System.err.println("ledger server: " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
