package norikae.fencing.self;

import java.util.Optional;
import norikae.linux.SysRq;
import org.jspecify.annotations.Nullable;

/** One way in which a server stops itself. */
public enum StopAction {
    /** Panics the kernel, for a crash dump; whether it comes up again is {@code kernel.panic}'s business. */
    PANIC(SysRq.CRASH, false),
    /** Resets at once. */
    RESET(SysRq.RESET, true),
    /** Powers off, and stays off. */
    POWER_OFF(SysRq.POWER_OFF, true),
    /** Feeds the watchdog no more and lets it bite: the only one that does not need a kernel that still obeys. */
    WATCHDOG(null, false);

    private final @Nullable SysRq order;
    private final boolean syncsFirst;

    StopAction(@Nullable SysRq order, boolean syncsFirst) {
        this.order = order;
        this.syncsFirst = syncsFirst;
    }

    Optional<SysRq> order() {
        return Optional.ofNullable(order);
    }

    boolean syncsFirst() {
        return syncsFirst;
    }
}
