package norikae.lab.bench;

import java.util.Optional;

/** A cluster on the laboratory's nodes whose one service is used by clients, while servers are taken from it. */
interface FailoverSubject extends AutoCloseable {

    /** Moments of the wall clock, which the whole laboratory shares, in milliseconds. */
    record Stages(long detected, long fenced, long started) {}

    /** Its name in the table. */
    String words();

    /** The node that runs the service. */
    String owner();

    /** Makes everything be on and well again, and returns when it is. */
    void settle() throws InterruptedException;

    /** Whether the service runs again, as the cluster sees it. */
    boolean isRunning();

    /** What it did about a fault at that moment; empty if it did nothing about it, or has not ended. */
    Optional<Stages> stagesSince(long atMillis);

    @Override
    void close();
}
