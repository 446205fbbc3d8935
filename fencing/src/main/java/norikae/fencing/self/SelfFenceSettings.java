package norikae.fencing.self;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import norikae.linux.SysRq;

/**
 * How a server stops itself; immutable.
 *
 * @param device of the watchdog
 * @param timeout of the watchdog, in whole seconds; {@link SelfFence} says what follows from it
 * @param actions tried in this order until one works
 * @param syncPatience how long {@link StopAction#RESET} and {@link StopAction#POWER_OFF} may wait for the disks to take what
 *     the kernel still holds; zero writes nothing back, which is right where another server may already write to the same
 *     disks
 * @param sysrqTrigger where the kernel takes orders; whoever gives {@link SysRq#TRIGGER} here can lose the machine
 * @param kernelLog where the reason is written, so that it is seen on the console and in a crash dump
 */
public record SelfFenceSettings(
        WatchdogMode mode,
        Path device,
        Duration timeout,
        List<StopAction> actions,
        Duration syncPatience,
        Path sysrqTrigger,
        Path kernelLog) {

    private static final long TIMEOUT_SECONDS_MAX = 3600;

    public SelfFenceSettings {
        requireWholeSeconds(timeout);
        actions = List.copyOf(actions);
        if (new HashSet<>(actions).size() != actions.size()) {
            throw new IllegalArgumentException("an action to stop this server is named twice: " + actions);
        }
        if (mode == WatchdogMode.OFF && actions.contains(StopAction.WATCHDOG)) {
            throw new IllegalArgumentException("the watchdog is off, so it cannot stop this server: drop WATCHDOG from "
                    + actions + ", or switch the watchdog on");
        }
        if (syncPatience.isNegative()) {
            throw new IllegalArgumentException("the disks cannot be waited for " + syncPatience);
        }
    }

    /** With the places that a real server has. */
    public static SelfFenceSettings ofThisServer(WatchdogMode mode, Duration timeout, List<StopAction> actions) {
        return new SelfFenceSettings(
                mode, Path.of("/dev/watchdog"), timeout, actions, Duration.ZERO, SysRq.TRIGGER, Path.of("/dev/kmsg"));
    }

    static void requireWholeSeconds(Duration timeout) {
        if (timeout.toNanosPart() != 0 || timeout.toSeconds() < 1 || timeout.toSeconds() > TIMEOUT_SECONDS_MAX) {
            throw new IllegalArgumentException(
                    "a watchdog cannot wait for " + timeout + ": give whole seconds from 1 to " + TIMEOUT_SECONDS_MAX);
        }
    }
}
