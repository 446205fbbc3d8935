package norikae.fencing.self;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * What an agent uses to make sure that its server stops when it must. Implementations are thread-safe, and have no thread of
 * their own that feeds: the agent's main loop does, as long as the server may run services.
 *
 * <p>What makes elapsed time a proof: a loop looks at its lease and then feeds. It can be held up between the two, but for
 * less than one {@link Armed#timeout}, or it would have been bitten; and the watchdog bites one timeout after the last feeding.
 * So nothing of the server runs later than <em>two</em> timeouts after its lease has ended; one is enough if the loop feeds
 * only while at least one timeout of the lease is left.
 */
public interface SelfFence {

    /** One for this server. */
    static SelfFence of(SelfFenceSettings settings) {
        return of(settings, Watchdog.of(settings.device()));
    }

    /** One with another watchdog than the settings name. */
    static SelfFence of(SelfFenceSettings settings, Watchdog watchdog) {
        return new ServerSelfFence(settings, watchdog, ServerSelfFence.REAL_WAITS);
    }

    /**
     * Starts the watchdog; from now on it must be fed. One that a dead agent has left counting is taken over.
     *
     * @throws IOException where one is required and none will do, with the reason and the remedy
     */
    Arming arm() throws IOException;

    /**
     * The server may live for one more timeout. Does nothing where no watchdog is armed, and nothing ever again once {@link
     * #stopServer} was called.
     *
     * @throws IOException if the device failed; the server then goes down when its timeout has passed
     */
    void feed() throws IOException;

    /**
     * The orderly end, when no service runs here any more: stops the watchdog.
     *
     * @throws IOException if it counts on all the same
     */
    void disarm() throws IOException;

    /**
     * Stops this server now: writes {@code reason} to the kernel's log, feeds no more, and tries the configured actions one
     * after the other. Services are not stopped one by one; that is the caller's business, before. Cannot be interrupted.
     *
     * @throws IOException if the server is still there when all actions have been tried, with what became of each
     */
    void stopServer(String reason) throws IOException;

    /** The same by other actions than the configured ones: whoever ordered it said how. */
    void stopServer(String reason, List<StopAction> actions) throws IOException;

    /** What {@link #arm} has found. */
    sealed interface Arming {}

    /**
     * A watchdog counts.
     *
     * @param device what it is and where
     * @param timeout its own; at most the configured one
     * @param hasBitten whether it made the server boot last
     */
    record Armed(String device, Duration timeout, boolean hasBitten) implements Arming {}

    /**
     * None counts, and none was required.
     *
     * @param why one line, with the remedy if it is one
     */
    record Unarmed(String why) implements Arming {}
}
