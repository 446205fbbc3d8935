package norikae.failover.member;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import norikae.failover.model.Command;

/** Keeps what is on its way to the log from being submitted again at every tick. Confined to one thread. */
final class Proposals {

    private static final long ANSWER_NANOS = 3_000_000_000L; // no answer by then: the driver has lost it
    private static final long AGAIN_NANOS = 50_000_000L; // the state follows its own answer with a little delay

    private final Map<String, Long> notBefore = new HashMap<>();

    void propose(String key, Command command, long nowNanos, List<Action> actions) {
        if (isDue(key, nowNanos)) {
            notBefore.put(key, nowNanos + ANSWER_NANOS);
            actions.add(new Action.Propose(key, command));
        }
    }

    boolean isDue(String key, long nowNanos) {
        return notBefore.getOrDefault(key, Long.MIN_VALUE) <= nowNanos;
    }

    void answered(String key, long nowNanos) {
        notBefore.put(key, nowNanos + AGAIN_NANOS);
    }

    void holdOff(String key, long untilNanos) {
        notBefore.put(key, untilNanos);
    }

    void tidy(long nowNanos) {
        notBefore.values().removeIf(at -> at + ANSWER_NANOS < nowNanos);
    }
}
