package norikae.fencing.self;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What every {@link Watchdog} promises, without a test framework: the fake is held to it on this machine, a device in a guest
 * that has little more than a JVM. None of these checks ends with a bite; that the starved one bites is for its keeper to see.
 */
final class WatchdogContract {

    /** How time passes for the watchdog under test. */
    interface Time {
        void elapse(Duration time) throws InterruptedException;
    }

    /** One promise. */
    interface Check {
        void run() throws Exception;
    }

    private final Watchdog watchdog;
    private final Time time;
    private final Duration timeout;

    WatchdogContract(Watchdog watchdog, Time time, Duration timeout) {
        this.watchdog = watchdog;
        this.time = time;
        this.timeout = timeout;
    }

    Map<String, Check> checks() {
        Map<String, Check> checks = new LinkedHashMap<>();
        checks.put("tellsWhatItIsAndCountsNoLongerThanAsked", this::tellsWhatItIs);
        checks.put("hasOneUserOnly", this::hasOneUserOnly);
        checks.put("refusesPartsOfSeconds", this::refusesPartsOfSeconds);
        checks.put("cannotBeFedOnceStopped", this::cannotBeFedOnceStopped);
        checks.put("leavesTheServerAloneOnceStopped", this::leavesTheServerAlone);
        checks.put("isTakenOverFromADeadAgentAndLivesOnFood", this::isTakenOver);
        return checks;
    }

    private void tellsWhatItIs() throws IOException {
        Watchdog.Timer timer = watchdog.start(timeout);
        timer.stop();
        require(!timer.identity().isBlank(), "it has no name");
        require(timer.timeout().isPositive(), "it never bites");
        require(timer.timeout().compareTo(timeout) <= 0, "it waits for " + timer.timeout());
    }

    private void hasOneUserOnly() throws IOException {
        Watchdog.Timer timer = watchdog.start(timeout);
        String refusal = "";
        try {
            watchdog.start(timeout).stop();
        } catch (IOException e) {
            refusal = String.valueOf(e.getMessage());
        }
        timer.feed();
        timer.stop();
        require(refusal.contains("in use"), "a second user got: " + refusal);
    }

    private void refusesPartsOfSeconds() throws IOException {
        String refusal = "";
        try {
            watchdog.start(Duration.ofMillis(1500)).stop();
        } catch (IllegalArgumentException e) {
            refusal = String.valueOf(e.getMessage());
        }
        require(refusal.contains("whole seconds"), "1.5 s gave: " + refusal);
    }

    private void cannotBeFedOnceStopped() throws IOException {
        Watchdog.Timer timer = watchdog.start(timeout);
        timer.stop();
        boolean refused = false;
        try {
            timer.feed();
        } catch (IllegalStateException e) {
            refused = true;
        }
        require(refused, "it took food");
    }

    private void leavesTheServerAlone() throws Exception {
        watchdog.start(timeout).stop();
        time.elapse(timeout.multipliedBy(5).dividedBy(4));
        watchdog.start(timeout).stop();
    }

    private void isTakenOver() throws Exception {
        watchdog.start(timeout).abandon();
        Watchdog.Timer timer = watchdog.start(timeout);
        for (int i = 0; i < 10; i++) {
            time.elapse(timeout.dividedBy(8));
            timer.feed();
        }
        timer.stop();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
