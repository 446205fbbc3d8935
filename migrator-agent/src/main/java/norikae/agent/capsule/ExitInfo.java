package norikae.agent.capsule;

import norikae.linux.ExitStatus;
import org.jspecify.annotations.Nullable;

/**
 * How a service ended.
 *
 * @param status {@code null} if another agent, or another node, started it
 */
public record ExitInfo(@Nullable ExitStatus status) {

    @Override
    public String toString() {
        return status == null ? "ended" : status.toString();
    }
}
