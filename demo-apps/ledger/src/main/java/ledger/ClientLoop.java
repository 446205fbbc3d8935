package ledger;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that serves all connections of a client. Everything here is confined to that thread, except the
 * methods that return a future: these may be called from any.
 */
final class ClientLoop implements ClientConnection.Host {
    /** How many troubles are kept in words; beyond that they are only counted. */
    static final int MAX_TROUBLES = 20;

    /** All that is known when the loop has ended. */
    record Ending(Figures total, List<ConversationEnd> conversations, List<String> troubles) {}

    /** What one conversation had come to. */
    record ConversationEnd(String name, Counts counts, int unanswered) {}

    private enum Phase {
        OPENING,
        RUNNING,
        DRAINING,
        ENDED
    }

    private final LedgerClient.Options options;
    private final Selector selector;
    private final Timeline timeline = Timeline.startingNow();
    private final List<ClientConnection> connections = new ArrayList<>();
    private final List<Conversation> conversations = new ArrayList<>();
    private final PriorityQueue<ClientConnection> schedule =
            new PriorityQueue<>((a, b) -> Long.signum(a.dueNanos() - b.dueNanos()));
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
    private final CompletableFuture<Ending> ended = new CompletableFuture<>();
    private final List<String> troubles = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread = new Thread(this::run, "ledger-client");

    private Phase phase = Phase.OPENING;
    private long deadlineNanos;
    private int readyConnections;
    private Meter total;
    private Meter window;
    private Meter interval;

    ClientLoop(LedgerClient.Options options, String clientPrefix) throws IOException {
        this.options = options;
        this.selector = Selector.open();
        SplittableRandom random = new SplittableRandom();
        for (int i = 0; i < options.connections(); i++) {
            Conversation conversation = new Conversation(clientPrefix + i, random.split(), this::trouble);
            conversations.add(conversation);
            connections.add(new ClientConnection(i, this, options, conversation));
        }
        long now = System.nanoTime();
        total = meter("total", now);
        window = meter("start", now);
        interval = meter("interval", now);
        deadlineNanos = now + options.connectWithin().toNanos();
        thread.setDaemon(true);
        thread.start();
    }

    /** Done when all connections have their accounts; failed if that takes too long. */
    CompletableFuture<@Nullable Void> opened() {
        return opened;
    }

    /** Done when the loop has ended. */
    CompletableFuture<Ending> ended() {
        return ended;
    }

    /** Ends the current window and begins one of the given name; gives the figures of the one that ended. */
    CompletableFuture<Figures> mark(String name) {
        return ask(() -> {
            long now = System.nanoTime();
            Figures figures = figures(window, now);
            window = meter(name, now);
            return figures;
        });
    }

    /** The same for the intervals of a regular report. */
    CompletableFuture<Figures> nextInterval() {
        return ask(() -> {
            long now = System.nanoTime();
            Figures figures = figures(interval, now);
            interval = meter("interval", now);
            return figures;
        });
    }

    /** Measures everything anew from now on; what has gone wrong before still counts in the total. */
    CompletableFuture<Figures> measureAnew() {
        return ask(() -> {
            long now = System.nanoTime();
            total = new Meter("total", now, connections.size(), Counts.NONE);
            window = meter("start", now);
            interval = meter("interval", now);
            return figures(window, now);
        });
    }

    /** The figures of the current window up to now; it goes on. */
    CompletableFuture<Figures> windowSoFar() {
        return ask(() -> figures(window, System.nanoTime()));
    }

    /** Sends no more requests, waits for the answers that are still to come, and ends. */
    CompletableFuture<Ending> stop(Duration drain) {
        var unused = ask(() -> {
            if (phase == Phase.OPENING || phase == Phase.RUNNING) {
                phase = Phase.DRAINING;
                deadlineNanos = System.nanoTime() + drain.toNanos();
            }
            return phase;
        });
        return ended;
    }

    private <T> CompletableFuture<T> ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        posted.add(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        if (ended.isDone()) {
            answer.completeExceptionally(new IllegalStateException("the client has ended"));
        } else if (selector.isOpen()) {
            selector.wakeup();
        }
        return answer;
    }

    private void run() {
        try (selector) {
            for (ClientConnection connection : connections) {
                connection.connect(System.nanoTime());
            }
            while (phase != Phase.ENDED) {
                turn();
            }
            ended.complete(ending());
        } catch (IOException | RuntimeException e) {
            opened.completeExceptionally(e);
            ended.completeExceptionally(e);
        } finally {
            connections.forEach(ClientConnection::close);
            runPosted(); // whoever asked too late to be heard before
        }
    }

    private void turn() throws IOException {
        long before = System.nanoTime();
        long timeout = Math.max(0, millisUntil(nextEvent(), before));
        if (timeout > 0) {
            selector.select(timeout);
        } else {
            selector.selectNow();
        }
        long awake = System.nanoTime();
        noteStall(awake - before - timeout * 1_000_000);
        for (SelectionKey key : selector.selectedKeys()) {
            serve(key);
        }
        selector.selectedKeys().clear();
        long now = System.nanoTime();
        runPosted();
        while (!schedule.isEmpty() && schedule.element().dueNanos() - now <= 0) {
            schedule.remove().due(now);
        }
        checkPhase(now);
        noteStall(System.nanoTime() - awake);
    }

    private void runPosted() {
        for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
            task.run();
        }
    }

    private long nextEvent() {
        ClientConnection first = schedule.peek();
        boolean hasDeadline = phase == Phase.OPENING || phase == Phase.DRAINING;
        if (first == null) {
            return hasDeadline
                    ? deadlineNanos
                    : System.nanoTime() + Duration.ofSeconds(1).toNanos();
        }
        return hasDeadline && deadlineNanos - first.dueNanos() < 0 ? deadlineNanos : first.dueNanos();
    }

    private static long millisUntil(long nanos, long now) {
        return (nanos - now + 999_999) / 1_000_000;
    }

    /** The loop was asleep for longer than it wanted, or too busy to look at its connections. */
    private void noteStall(long nanos) {
        total.stalled(nanos);
        window.stalled(nanos);
        interval.stalled(nanos);
    }

    private void checkPhase(long now) {
        switch (phase) {
            case OPENING -> {
                if (readyConnections == connections.size()) {
                    begin(now);
                } else if (now - deadlineNanos >= 0) {
                    giveUpOpening();
                }
            }
            case DRAINING -> {
                boolean drained = conversations.stream().allMatch(conversation -> conversation.waitingFor() == 0);
                if (drained || now - deadlineNanos >= 0) {
                    phase = Phase.ENDED;
                }
            }
            case RUNNING, ENDED -> {
                // nothing to check
            }
        }
    }

    private void begin(long now) {
        phase = Phase.RUNNING;
        total = meter("total", now);
        window = meter("start", now);
        interval = meter("interval", now);
        // Spread over one spacing, so that the connections do not march in step.
        long step = options.spacingNanos() / connections.size();
        for (ClientConnection connection : connections) {
            connection.begin(now + step * connection.index());
        }
        opened.complete(null);
    }

    private void giveUpOpening() {
        String why = connections.stream()
                .map(ClientConnection::lastFailure)
                .filter(failure -> !failure.isEmpty())
                .findFirst()
                .orElse("no answer");
        opened.completeExceptionally(new IOException("only " + readyConnections + " of " + connections.size()
                + " connections to " + options.host() + ":" + options.port() + " were open after "
                + options.connectWithin().toMillis() + " ms: " + why));
        phase = Phase.ENDED;
    }

    private Ending ending() {
        long now = System.nanoTime();
        return new Ending(
                figures(total, now),
                conversations.stream()
                        .map(it -> new ConversationEnd(it.name(), it.counts(), it.waitingFor()))
                        .toList(),
                List.copyOf(troubles));
    }

    private Meter meter(String name, long now) {
        return new Meter(name, now, connections.size(), counts());
    }

    private Figures figures(Meter meter, long now) {
        return meter.figures(now, conversations, counts(), timeline);
    }

    private Counts counts() {
        return conversations.stream().map(Conversation::counts).reduce(Counts.NONE, Counts::plus);
    }

    private void trouble(String what) {
        if (troubles.size() < MAX_TROUBLES) {
            troubles.add(timeline.at(System.nanoTime()) + " " + what);
        }
    }

    private void serve(SelectionKey key) {
        if (key.attachment() instanceof ClientConnection connection) {
            connection.serve();
        }
    }

    @Override
    public Selector selector() {
        return selector;
    }

    @Override
    public void schedule(ClientConnection connection) {
        schedule.add(connection);
    }

    @Override
    public void unschedule(ClientConnection connection) {
        schedule.remove(connection);
    }

    @Override
    public void ready(ClientConnection connection) {
        readyConnections++;
    }

    @Override
    public void answered(ClientConnection connection, long sentNanos, long nowNanos) {
        total.answered(connection.index(), sentNanos, nowNanos);
        window.answered(connection.index(), sentNanos, nowNanos);
        interval.answered(connection.index(), sentNanos, nowNanos);
    }

    @Override
    public boolean isHeld() {
        return phase != Phase.RUNNING;
    }
}
