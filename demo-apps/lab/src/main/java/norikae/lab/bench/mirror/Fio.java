package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.LabProcess;

/** {@code fio} with its NBD client: 4 KiB writes to random places, so many at a time. */
final class Fio {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Fio() {}

    /**
     * What it found.
     *
     * @param p50 time from sending a write to its acknowledgement that half of them did not exceed
     * @param p99 the same for 99 of 100
     * @param max the longest
     */
    record Figures(double writesPerSecond, Duration p50, Duration p99, Duration max) {}

    static Figures write(LabNode node, String uri, int depth, long bytes, Duration time) throws IOException {
        try (LabProcess process = node.exec(
                "fio",
                "--name=write",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=randwrite",
                "--bs=4k",
                "--norandommap",
                "--refill_buffers",
                "--iodepth=" + depth,
                "--size=" + bytes,
                "--ramp_time=" + time.toMillis() / 5 + "ms",
                "--runtime=" + time.toMillis() + "ms",
                "--time_based",
                "--clocksource=clock_gettime", // the other one is measured first, at every start
                "--output-format=json")) {
            int code = process.await(PATIENCE);
            String output = process.output();
            int begin = output.indexOf('{');
            if (code != 0 || begin < 0) {
                throw new LabException(process + " ended with " + code + ": " + output + process.errors());
            }
            JsonNode write =
                    JSON.readTree(output.substring(begin)).path("jobs").path(0).path("write");
            JsonNode times = write.path("clat_ns");
            JsonNode percentiles = times.path("percentile");
            return new Figures(
                    write.path("iops").asDouble(),
                    Duration.ofNanos(percentiles.path("50.000000").asLong()),
                    Duration.ofNanos(percentiles.path("99.000000").asLong()),
                    Duration.ofNanos(times.path("max").asLong()));
        }
    }
}
