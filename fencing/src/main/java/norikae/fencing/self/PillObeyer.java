package norikae.fencing.self;

import java.io.IOException;
import java.util.List;
import norikae.fencing.pill.PillMessage;
import norikae.fencing.pill.PillWatcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops this server when a mailbox says so, or when its mailboxes can be read no more. If the kernel does not obey, the
 * watchdog does the same a little later, for it is fed no more. Thread-safe.
 */
public final class PillObeyer implements PillWatcher.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(PillObeyer.class);

    private final SelfFence fence;

    public PillObeyer(SelfFence fence) {
        this.fence = fence;
    }

    @Override
    public void ordered(PillMessage order, String from) {
        stop("poison pill from " + from + ": " + order.word(), actions(order));
    }

    private static List<StopAction> actions(PillMessage order) {
        return switch (order) {
            case OFF -> List.of(StopAction.POWER_OFF, StopAction.RESET, StopAction.WATCHDOG);
            case CRASHDUMP -> List.of(StopAction.PANIC, StopAction.RESET, StopAction.WATCHDOG);
            default -> List.of(StopAction.RESET, StopAction.WATCHDOG);
        };
    }

    @Override
    public void diskLost(String why) {
        stop(why, List.of(StopAction.RESET, StopAction.WATCHDOG));
    }

    private void stop(String reason, List<StopAction> actions) {
        try {
            fence.stopServer(reason, actions);
        } catch (IOException e) {
            LOG.error("{}", e.getMessage());
        }
    }
}
