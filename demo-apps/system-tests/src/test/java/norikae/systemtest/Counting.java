package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;

/**
 * Asks for the next number all the time, on one connection, and expects each to be the last one plus 1. Its methods are
 * for the test's thread.
 */
final class Counting implements AutoCloseable {

    private final LineConnection connection;
    private final String request;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile long last;
    private volatile @Nullable String trouble;

    private Counting(LineConnection connection, String request) {
        this.connection = connection;
        this.request = request;
        this.last = number(connection.ask(request));
        this.thread = Thread.ofPlatform().daemon().name("counting").start(this::run);
    }

    static Counting start(String address, int port, String request) {
        return new Counting(LineConnection.open(address, port), request);
    }

    /** Redis puts a colon before a number. */
    private static long number(String answer) {
        return Long.parseLong(answer.startsWith(":") ? answer.substring(1) : answer);
    }

    private void run() {
        try {
            while (!stopping) {
                long next = number(connection.ask(request));
                if (next != last + 1) {
                    trouble = next + " came after " + last;
                    return;
                }
                last = next;
            }
        } catch (RuntimeException e) {
            trouble = "after " + last + ": " + e;
        }
    }

    long last() {
        return last;
    }

    /** Until it has gone on since now; fails if it has come to grief. */
    void awaitProgress() {
        long before = last;
        TestCluster.await("numbers after " + before, () -> last > before + 3 || trouble != null);
        assertFlawless();
    }

    void assertFlawless() {
        assertThat(trouble).as("what was wrong with the numbers").isNull();
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join(TestCluster.PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
