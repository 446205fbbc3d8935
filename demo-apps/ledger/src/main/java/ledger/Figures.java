package ledger;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one measuring window showed.
 *
 * @param window the window's name
 * @param startedAt when it began
 * @param seconds how long it was
 * @param counts what was counted in it
 * @param waiting requests that were unanswered when it ended
 * @param pause the longest time between sending a request and its answer, on any connection; a request that still
 *     waited when the window ended counts with the time it had waited so far
 * @param gap the longest time between two answers on one connection (so it includes the client's thinking)
 * @param silence the longest time without an answer on any connection
 * @param pauseNanosPerConnection {@code pause} of each connection
 * @param latencyNanos 50th, 99th and 99.9th percentile of the time from request to answer
 * @param clientStallNanos the longest time for which the client itself was held up: figures below it say nothing about
 *     the server
 */
record Figures(
        String window,
        Instant startedAt,
        double seconds,
        Counts counts,
        long waiting,
        @Nullable Gap pause,
        @Nullable Gap gap,
        @Nullable Gap silence,
        List<Long> pauseNanosPerConnection,
        List<Long> latencyNanos,
        long clientStallNanos) {
    /** A stretch of time; {@code connection} is empty where all connections are meant. */
    record Gap(String connection, long fromNanos, long toNanos, Instant from, Instant to) {
        double millis() {
            return (toNanos - fromNanos) / 1e6;
        }
    }

    static double millis(@Nullable Gap gap) {
        return gap == null ? 0 : gap.millis();
    }

    long pauseMedianNanos() {
        long[] sorted =
                pauseNanosPerConnection.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    Json toJson(boolean perConnection) {
        Json json = new Json()
                .put("window", window)
                .put("startedAt", startedAt)
                .put("seconds", seconds)
                .put("requests", counts.requests())
                .put("answers", counts.answers())
                .put("answersPerSecond", seconds > 0 ? counts.answers() / seconds : 0.0)
                .put("waiting", waiting)
                .put("pauseMillis", millis(pause))
                .put("pauseConnection", pause == null ? null : pause.connection())
                .put("pauseMedianMillis", pauseMedianNanos() / 1e6);
        putTimes(json, "pause", pause);
        json.put("gapMillis", millis(gap)).put("gapConnection", gap == null ? null : gap.connection());
        putTimes(json, "gap", gap);
        json.put("silenceMillis", millis(silence));
        putTimes(json, "silence", silence);
        json.put("latencyP50Millis", latencyNanos.get(0) / 1e6)
                .put("latencyP99Millis", latencyNanos.get(1) / 1e6)
                .put("latencyP999Millis", latencyNanos.get(2) / 1e6)
                .put("clientStallMillis", clientStallNanos / 1e6)
                .put("resets", counts.resets())
                .put("doubledAnswers", counts.doubledAnswers())
                .put("outOfOrder", counts.outOfOrder())
                .put("mismatched", counts.mismatched())
                .put("errors", counts.errors());
        if (perConnection) {
            json.put(
                    "pauseMillisPerConnection",
                    pauseNanosPerConnection.stream().map(nanos -> nanos / 1e6).toList());
        }
        return json;
    }

    private static void putTimes(Json json, String name, @Nullable Gap gap) {
        json.put(name + "From", gap == null ? null : gap.from())
                .put(name + "To", gap == null ? null : gap.to())
                .put(name + "FromNanos", gap == null ? null : gap.fromNanos())
                .put(name + "ToNanos", gap == null ? null : gap.toNanos());
    }
}
