package norikae.lab.bench.mirror;

import java.time.Duration;
import java.util.List;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.LabProcess;

/** Programs that are measured from their start to their end. */
final class Timed {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private Timed() {}

    /** @throws LabException with what it said, if it fails */
    static Duration run(LabNode node, List<String> command) {
        long begin = System.nanoTime();
        try (LabProcess process = node.exec(command.toArray(String[]::new))) {
            int code = process.await(PATIENCE);
            if (code != 0) {
                throw new LabException(process + " ended with " + code + ": "
                        + process.output().strip() + " " + process.errors().strip());
            }
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }
}
