package norikae.fencing.self;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A watchdog with a clock that a test moves, and with the faults that real ones have. Thread-safe. */
final class FakeWatchdog implements Watchdog {

    private final Faults faults;
    private Duration now = Duration.ZERO;
    private @Nullable Duration bitesAt;
    private @Nullable FakeTimer user;
    private boolean bitten;

    /**
     * What is wrong with it.
     *
     * @param missing there is none
     * @param busy somebody else has it
     * @param noWayOut stopping it does not stop it
     * @param takesNoFood the device fails when it is fed
     */
    record Faults(boolean missing, boolean busy, boolean noWayOut, boolean takesNoFood) {
        static final Faults NONE = new Faults(false, false, false, false);
        static final Faults MISSING = new Faults(true, false, false, false);
        static final Faults BUSY = new Faults(false, true, false, false);
        static final Faults NO_WAY_OUT = new Faults(false, false, true, false);
        static final Faults TAKES_NO_FOOD = new Faults(false, false, false, true);
    }

    FakeWatchdog(Faults faults) {
        this.faults = faults;
    }

    @Override
    public synchronized Timer start(Duration timeout) throws IOException {
        SelfFenceSettings.requireWholeSeconds(timeout);
        if (faults.missing()) {
            throw new NoSuchFileException("fake watchdog");
        }
        if (faults.busy() || user != null) {
            throw new IOException("fake watchdog is in use by another program");
        }
        FakeTimer timer = new FakeTimer(timeout);
        user = timer;
        bitesAt = now.plus(timeout);
        return timer;
    }

    synchronized void elapse(Duration time) {
        now = now.plus(time);
        bitten |= bitesAt != null && now.compareTo(bitesAt) >= 0;
    }

    /** Whether the server would be gone. */
    synchronized boolean bitten() {
        return bitten;
    }

    private final class FakeTimer implements Timer {

        private final Duration timeout;

        FakeTimer(Duration timeout) {
            this.timeout = timeout;
        }

        @Override
        public String identity() {
            return "fake watchdog";
        }

        @Override
        public Duration timeout() {
            return timeout;
        }

        @Override
        public boolean hasBitten() {
            return false;
        }

        @Override
        public void feed() throws IOException {
            synchronized (FakeWatchdog.this) {
                requireOpen();
                if (faults.takesNoFood()) {
                    throw new IOException("fake watchdog takes no food");
                }
                bitesAt = now.plus(timeout);
            }
        }

        @Override
        public void stop() throws IOException {
            synchronized (FakeWatchdog.this) {
                requireOpen();
                user = null;
                if (faults.noWayOut()) {
                    throw new IOException("fake watchdog counts on after it was told to stop");
                }
                bitesAt = null;
            }
        }

        @Override
        public void abandon() {
            synchronized (FakeWatchdog.this) {
                requireOpen();
                user = null;
            }
        }

        private void requireOpen() {
            if (user != this) {
                throw new IllegalStateException("fake watchdog is closed");
            }
        }
    }
}
