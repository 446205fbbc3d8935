package norikae.lab.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabOptions;

/** What every demonstration has: a laboratory of its own, which ends with it, and patience. Stateless. */
final class DemoLab {

    private DemoLab() {}

    /** What is shown. */
    interface Show {
        /** Returns whether all was as promised. */
        boolean in(Lab lab, ControlClient control) throws Exception;
    }

    /** Boots the laboratory, shows, and ends it. */
    static boolean run(LabOptions options, PrintStream out, Show show) throws Exception {
        if (Lab.find(options.name()).isPresent()) {
            throw new LabException("a demonstration is running already: wait for it, or end what is left of it with"
                    + " bin/norikae lab down --name " + options.name());
        }
        try (AutoCloseable _ = Lab.endingWithThisProgram(options.name())) {
            Lab lab = Lab.up(options, out::println);
            try (ControlClient control = ControlClient.open(ClientConfig.load(lab.clientConfig()))) {
                return show.in(lab, control);
            }
        }
    }

    static void await(String what, Duration patience, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("waited in vain for " + what);
            }
            Thread.sleep(20);
        }
    }
}
