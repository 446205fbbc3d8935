package norikae.lab.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Clients that commit numbered rows one by one, each its own, and remember the last number whose commit was acknowledged. When a
 * connection breaks they connect again and go on with the next number. Thread-safe.
 */
public final class Committers implements AutoCloseable {

    private static final int TIMEOUT_SECONDS = 1;
    private static final long RETRY_MILLIS = 20;

    private final String url;
    private final AtomicLongArray acknowledged;
    private final AtomicLong commits = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private volatile long lastMillis = System.currentTimeMillis();
    private volatile long longestGapMillis;
    private volatile long gapEndedMillis;
    private volatile boolean closed;

    /** Waits for nothing: the server may come later. */
    public Committers(String host, int port, int count) {
        this.url = "jdbc:postgresql://" + host + ":" + port + "/postgres?user=postgres&connectTimeout="
                + TIMEOUT_SECONDS + "&socketTimeout=" + TIMEOUT_SECONDS + "&loginTimeout=" + TIMEOUT_SECONDS;
        this.acknowledged = new AtomicLongArray(count);
        for (int i = 0; i < count; i++) {
            int client = i;
            threads.add(Thread.ofPlatform().daemon().name("committer-" + i).start(() -> run(client)));
        }
    }

    /** How many commits were acknowledged. */
    public long commits() {
        return commits.get();
    }

    public synchronized void measureAnew() {
        longestGapMillis = 0;
        gapEndedMillis = 0;
        lastMillis = System.currentTimeMillis();
    }

    /** The longest time in which nobody had a commit acknowledged. */
    public long longestGapMillis() {
        return longestGapMillis;
    }

    /** When that time ended, by the wall clock. */
    public long gapEndedMillis() {
        return gapEndedMillis;
    }

    /** Asks the server which acknowledged commits it does not have. */
    public List<String> missing() throws SQLException {
        List<String> missing = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement count =
                        connection.prepareStatement("select count(*) from entry where client = ? and number <= ?")) {
            for (int client = 0; client < acknowledged.length(); client++) {
                long told = acknowledged.get(client);
                count.setInt(1, client);
                count.setLong(2, told);
                try (ResultSet result = count.executeQuery()) {
                    result.next();
                    if (result.getLong(1) != told) {
                        missing.add("client " + client + ": " + (told - result.getLong(1)) + " of " + told);
                    }
                }
            }
        }
        return missing;
    }

    private void run(int client) {
        long next = 1;
        while (!closed) {
            try (Connection connection = DriverManager.getConnection(url)) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("create table if not exists entry(client int, number bigint, words text,"
                            + " primary key (client, number))");
                }
                try (PreparedStatement insert = connection.prepareStatement(
                        "insert into entry values (?, ?, repeat(md5(?), 8)) on conflict do nothing")) {
                    while (!closed) {
                        insert.setInt(1, client);
                        insert.setLong(2, next);
                        insert.setString(3, client + "-" + next);
                        insert.executeUpdate();
                        acknowledged.set(client, next++);
                        committed();
                    }
                }
            } catch (SQLException e) {
                pause();
            }
        }
    }

    private synchronized void committed() {
        long now = System.currentTimeMillis();
        if (now - lastMillis > longestGapMillis) {
            longestGapMillis = now - lastMillis;
            gapEndedMillis = now;
        }
        lastMillis = now;
        commits.incrementAndGet();
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** Returns when nobody commits any more. Idempotent. */
    public void stop() {
        closed = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
