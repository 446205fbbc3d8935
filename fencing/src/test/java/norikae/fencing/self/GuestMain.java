package norikae.fencing.self;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import norikae.fencing.pill.PillWatcher;
import norikae.linux.SysRq;

/**
 * What runs in the guest of {@link WatchdogGuestSystemTest}, where {@code /dev/watchdog0} really resets the machine: in its
 * first life it starves the watchdog, in its second it obeys an order that lies on a disk. It has java.base and SLF4J, no
 * more.
 */
final class GuestMain {

    private static final Path DEVICE = Path.of("/dev/watchdog0");
    private static final Path DISK = Path.of("/dev/vda");
    static final String NODE = "guest";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int MEALS = 6;

    private GuestMain() {}

    public static void main(String[] arguments) throws Exception {
        Watchdog.Timer first = Watchdog.of(DEVICE).start(TIMEOUT);
        first.stop();
        say("LIFE " + (first.hasBitten() ? "after a bite" : "first") + " under " + first.identity());
        if (first.hasBitten()) {
            obey();
        } else {
            keepTheContract();
            starve();
        }
    }

    private static void keepTheContract() {
        WatchdogContract contract =
                new WatchdogContract(Watchdog.of(DEVICE), time -> Thread.sleep(time.toMillis()), TIMEOUT);
        for (Map.Entry<String, WatchdogContract.Check> check : contract.checks().entrySet()) {
            try {
                check.getValue().run();
                say("CHECK " + check.getKey() + " holds");
            } catch (Exception | AssertionError e) {
                say("CHECK " + check.getKey() + " is broken: " + e);
            }
        }
    }

    /** As an agent whose loop gets stuck. */
    private static void starve() throws Exception {
        SelfFence fence = SelfFence.of(settings(StopAction.WATCHDOG));
        say("ARMED " + fence.arm());
        for (int meal = 0; meal < MEALS; meal++) {
            Thread.sleep(500);
            fence.feed();
            say("FED");
        }
        while (true) {
            Thread.sleep(100);
            say("HUNGRY");
        }
    }

    /** As an agent that is well, and is told to stop all the same. */
    private static void obey() throws Exception {
        SelfFence fence = SelfFence.of(settings(StopAction.WATCHDOG));
        say("ARMED " + fence.arm());
        try (PillWatcher pill = PillWatcher.start(
                List.of(DISK),
                NODE,
                TIMEOUT,
                PillWatcher.Leftover.CLEAR,
                new PillObeyer(fence),
                Duration.ofSeconds(30))) {
            say("WATCHING " + pill.slots());
            while (pill.mayFeed()) {
                fence.feed();
                Thread.sleep(200);
            }
            say("OBEYING");
            while (true) {
                Thread.sleep(100);
            }
        }
    }

    private static SelfFenceSettings settings(StopAction action) {
        return new SelfFenceSettings(
                WatchdogMode.REQUIRED,
                DEVICE,
                TIMEOUT,
                List.of(action),
                Duration.ofSeconds(1),
                SysRq.TRIGGER,
                Path.of("/dev/kmsg"));
    }

    private static void say(String line) {
        System.out.println("GUEST " + line);
        System.out.flush();
    }
}
