package norikae.agent.failover;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import norikae.agent.config.WatchdogConfig;
import norikae.failover.member.FailoverCore;
import norikae.fencing.self.SelfFence;
import norikae.fencing.self.SelfFenceSettings;
import norikae.fencing.self.StopAction;
import norikae.fencing.self.WatchdogMode;
import norikae.linux.BootClock;
import norikae.linux.SysRq;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this server's watchdog fed, from the failover thread alone, as long as nothing runs here that may not: its lease is
 * valid, or no lease binds it, or no service runs. A thread that is stuck, and one that has lost its lease, feeds nothing.
 */
public final class ServerGuard {

    private static final Logger LOG = LoggerFactory.getLogger(ServerGuard.class);
    private static final int FEEDS_PER_TIMEOUT = 8;

    private final SelfFence fence;
    private final boolean hasActions;
    private final String description;
    private final long feedEveryNanos;

    // Confined to the failover thread.
    private long nextFeedNanos = Long.MIN_VALUE;

    private ServerGuard(SelfFence fence, boolean hasActions, String description, Duration timeout) {
        this.fence = fence;
        this.hasActions = hasActions;
        this.description = description;
        this.feedEveryNanos = timeout.toNanos() / FEEDS_PER_TIMEOUT;
    }

    /** @throws IOException where a watchdog is required and none will do, with the reason and the remedy */
    public static ServerGuard arm(WatchdogConfig config) throws IOException {
        List<StopAction> actions = config.actions().stream()
                .map(word -> StopAction.valueOf(WatchdogConfig.constant(word)))
                .toList();
        SelfFence fence = SelfFence.of(new SelfFenceSettings(
                WatchdogMode.valueOf(WatchdogConfig.constant(config.mode())),
                config.device(),
                Duration.ofSeconds(config.timeoutSeconds()),
                actions,
                Duration.ZERO,
                SysRq.TRIGGER,
                java.nio.file.Path.of("/dev/kmsg")));
        return switch (fence.arm()) {
            case SelfFence.Armed armed -> {
                LOG.info("watchdog {} stops this server after {}", armed.device(), armed.timeout());
                yield new ServerGuard(
                        fence,
                        !actions.isEmpty(),
                        armed.device() + ", " + armed.timeout().toSeconds() + " s"
                                + (armed.hasBitten() ? ", has bitten" : ""),
                        armed.timeout());
            }
            case SelfFence.Unarmed unarmed ->
                new ServerGuard(
                        fence,
                        !actions.isEmpty(),
                        "none: " + unarmed.why(),
                        Duration.ofSeconds(config.timeoutSeconds()));
        };
    }

    /** Called after each tick of the core, on its thread. */
    void ticked(long gateUntilNanos, boolean servicesRun) {
        long now = BootClock.nanos();
        boolean allowed = gateUntilNanos == FailoverCore.UNBOUND || gateUntilNanos > now || !servicesRun;
        if (!allowed || now < nextFeedNanos) {
            return;
        }
        nextFeedNanos = now + feedEveryNanos;
        try {
            fence.feed();
        } catch (IOException e) {
            LOG.error("the watchdog was not fed: {}", e.getMessage());
        }
    }

    /**
     * Stops this server if it was told how.
     *
     * @return false if it was not, or none of it worked: then its services have to go
     */
    boolean stopServer(String reason) {
        if (!hasActions) {
            return false;
        }
        try {
            fence.stopServer(reason);
            return true;
        } catch (IOException e) {
            LOG.error("this server could not be stopped: {}", e.getMessage());
            return false;
        }
    }

    public String description() {
        return description;
    }

    /** Stops the watchdog, in the orderly end of an agent that leaves nothing running that a lease binds. */
    void disarm() {
        try {
            fence.disarm();
        } catch (IOException e) {
            LOG.warn("the watchdog counts on: {}", e.getMessage());
        }
    }
}
