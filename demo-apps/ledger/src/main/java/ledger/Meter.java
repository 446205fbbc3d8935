package ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Measures one window. Not thread-safe: confined to the client's loop. */
final class Meter {
    private final String window;
    private final long startedNanos;
    private final Counts before;
    private final Histogram latencies = new Histogram();
    /** The longest wait of each connection: from and to. */
    private final long[] waitFrom;

    private final long[] waitTo;
    private final long[] lastAnswer;
    private long lastAnyAnswer;
    private int gapConnection = -1;
    private long gapFrom;
    private long gapTo;
    private long silenceFrom;
    private long silenceTo;
    private long clientStall;

    Meter(String window, long now, int connections, Counts before) {
        this.window = window;
        this.startedNanos = now;
        this.before = before;
        this.waitFrom = new long[connections];
        this.waitTo = new long[connections];
        this.lastAnswer = new long[connections];
        this.lastAnyAnswer = now;
        this.silenceFrom = now;
        this.silenceTo = now;
        Arrays.fill(lastAnswer, now);
    }

    /** Connection {@code i} got the answer to what it sent at {@code sent}. */
    void answered(int i, long sent, long now) {
        latencies.add(now - sent);
        waited(i, sent, now);
        pausedUntil(i, now);
        lastAnswer[i] = now;
        lastAnyAnswer = now;
    }

    /** The client itself was held up for so long. */
    void stalled(long nanos) {
        clientStall = Math.max(clientStall, nanos);
    }

    /** All figures up to now, with the waits in progress as far as they have come. */
    Figures figures(long now, List<Conversation> conversations, Counts counts, Timeline timeline) {
        long waiting = 0;
        for (int i = 0; i < conversations.size(); i++) {
            waited(i, conversations.get(i).waitingSince(now), now);
            pausedUntil(i, now);
            waiting += conversations.get(i).waitingFor();
        }
        int worst = -1;
        List<Long> pauses = new ArrayList<>(waitFrom.length);
        for (int i = 0; i < waitFrom.length; i++) {
            pauses.add(waitTo[i] - waitFrom[i]);
            if (pauses.get(i) > 0 && (worst < 0 || pauses.get(i) > pauses.get(worst))) {
                worst = i;
            }
        }
        return new Figures(
                window,
                timeline.at(startedNanos),
                (now - startedNanos) / 1e9,
                counts.minus(before),
                waiting,
                worst < 0 ? null : gap(conversations.get(worst).name(), waitFrom[worst], waitTo[worst], timeline),
                gapConnection < 0 ? null : gap(conversations.get(gapConnection).name(), gapFrom, gapTo, timeline),
                gap("", silenceFrom, silenceTo, timeline),
                pauses,
                List.of(latencies.quantile(0.5), latencies.quantile(0.99), latencies.quantile(0.999)),
                clientStall);
    }

    private void waited(int i, long sent, long now) {
        if (now - sent > waitTo[i] - waitFrom[i]) {
            waitFrom[i] = sent;
            waitTo[i] = now;
        }
    }

    private void pausedUntil(int i, long now) {
        if (now - lastAnswer[i] > gapTo - gapFrom) {
            gapConnection = i;
            gapFrom = lastAnswer[i];
            gapTo = now;
        }
        if (now - lastAnyAnswer > silenceTo - silenceFrom) {
            silenceFrom = lastAnyAnswer;
            silenceTo = now;
        }
    }

    private static Figures.Gap gap(String connection, long from, long to, Timeline timeline) {
        return new Figures.Gap(connection, from, to, timeline.at(from), timeline.at(to));
    }
}
