package norikae.fencing.self;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A timer outside the agent that resets the server unless it is fed. Implementations are thread-safe. */
public interface Watchdog {

    /** The one behind a device such as {@code /dev/watchdog0}, whatever drives it. */
    static Watchdog of(Path device) {
        return new DeviceWatchdog(device, Path.of("/sys/class/watchdog"));
    }

    /**
     * Starts it, or takes over one that a dead predecessor has left counting.
     *
     * @param timeout whole seconds; the server is reset when it was not fed for so long
     * @throws java.nio.file.NoSuchFileException if there is none
     * @throws IOException if it is somebody else's, or could let the server live longer than {@code timeout}; it is not
     *     started then
     */
    Timer start(Duration timeout) throws IOException;

    /** One that runs. Exactly one of {@link #stop} and {@link #abandon} ends its use. */
    interface Timer {

        /** What the device calls itself, and where it is. */
        String identity();

        /** At most what was asked for. */
        Duration timeout();

        /** Whether it was this watchdog that made the server boot last. */
        boolean hasBitten();

        /** The server may live for one more timeout. */
        void feed() throws IOException;

        /**
         * The server may live for ever.
         *
         * @throws IOException if it counts on all the same, as drivers with nowayout do
         */
        void stop() throws IOException;

        /** Lets it count, as the death of the agent would. */
        void abandon();
    }
}
