package norikae.agent.failover;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.WatchdogConfig;
import norikae.failover.member.FailoverCore;
import norikae.fencing.pill.PillWatcher;
import norikae.fencing.self.PillObeyer;
import norikae.fencing.self.SelfFence;
import norikae.fencing.self.SelfFenceSettings;
import norikae.fencing.self.StopAction;
import norikae.fencing.self.WatchdogMode;
import norikae.linux.BootClock;
import norikae.linux.SysRq;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this server's watchdog fed, from the failover thread alone, as long as nothing runs here that may not: its lease is
 * valid, or no lease binds it, or no service runs. A thread that is stuck, and one that has lost its lease, feeds nothing.
 */
public final class ServerGuard {

    private static final Logger LOG = LoggerFactory.getLogger(ServerGuard.class);
    private static final int FEEDS_PER_TIMEOUT = 8;

    private static final Duration DISK_PATIENCE = Duration.ofSeconds(30);

    private final SelfFence fence;
    private final @Nullable PillWatcher pill;
    private final boolean hasActions;
    private final String description;
    private final long feedEveryNanos;

    // Confined to the failover thread.
    private long nextFeedNanos = Long.MIN_VALUE;

    private ServerGuard(
            SelfFence fence, @Nullable PillWatcher pill, boolean hasActions, String description, Duration timeout) {
        this.fence = fence;
        this.pill = pill;
        this.hasActions = hasActions;
        this.description = description;
        this.feedEveryNanos = timeout.toNanos() / FEEDS_PER_TIMEOUT;
    }

    /**
     * Arms the watchdog, and watches the mailboxes of this server if it has any.
     *
     * @param firstSinceStart whether no agent has run since the machine was started: what lies in a mailbox was meant for an
     *     earlier life then
     * @throws IOException where a watchdog is required and none will do, or the shared disks cannot be watched, with the
     *     reason and the remedy
     */
    public static ServerGuard arm(AgentConfig node, boolean firstSinceStart) throws IOException {
        WatchdogConfig config = node.watchdog();
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
                Path.of("/dev/kmsg")));
        return switch (fence.arm()) {
            case SelfFence.Armed armed -> {
                LOG.info("watchdog {} stops this server after {}", armed.device(), armed.timeout());
                PillWatcher pill = node.disks().pill() ? watch(node, fence, armed.timeout(), firstSinceStart) : null;
                yield new ServerGuard(
                        fence,
                        pill,
                        !actions.isEmpty(),
                        armed.device() + ", " + armed.timeout().toSeconds() + " s"
                                + (armed.hasBitten() ? ", has bitten" : "")
                                + (pill == null
                                        ? ""
                                        : "; poison pill on " + node.disks().disks()),
                        armed.timeout());
            }
            case SelfFence.Unarmed unarmed ->
                new ServerGuard(
                        fence,
                        null,
                        !actions.isEmpty(),
                        "none: " + unarmed.why(),
                        Duration.ofSeconds(config.timeoutSeconds()));
        };
    }

    private static PillWatcher watch(AgentConfig node, SelfFence fence, Duration timeout, boolean firstSinceStart)
            throws IOException {
        try {
            return PillWatcher.start(
                    node.disks().disks(),
                    node.node(),
                    timeout,
                    firstSinceStart ? PillWatcher.Leftover.CLEAR : PillWatcher.Leftover.OBEY,
                    new PillObeyer(fence),
                    DISK_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the shared disks were not waited for", e);
        }
    }

    /** Called after each tick of the core, on its thread. */
    void ticked(long gateUntilNanos, boolean servicesRun) {
        long now = BootClock.nanos();
        boolean allowed = gateUntilNanos == FailoverCore.UNBOUND || gateUntilNanos > now || !servicesRun;
        allowed &= pill == null || pill.mayFeed();
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
            if (pill != null && !pill.mayFeed()) {
                return; // it is being stopped
            }
            fence.disarm();
            if (pill != null) {
                pill.close();
            }
        } catch (IOException e) {
            LOG.warn("the watchdog counts on: {}", e.getMessage());
        }
    }
}
