package norikae.agent.capsule;

import norikae.linux.ExitStatus;
import org.jspecify.annotations.Nullable;

/**
 * How a service ended.
 *
 * @param status {@code null} if another agent, or another node, started it. A service that a signal ended shows as
 *     exited with 128 and the signal's number
 * @param memoryLimitHit the kernel killed a process of it, because it had reached its limit of memory
 */
public record ExitInfo(@Nullable ExitStatus status, boolean memoryLimitHit) {

    @Override
    public String toString() {
        return (status == null ? "ended" : status.toString()) + (memoryLimitHit ? ", its memory limit reached" : "");
    }
}
