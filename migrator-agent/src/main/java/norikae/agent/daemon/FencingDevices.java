package norikae.agent.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import norikae.agent.failover.Devices;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.model.NodeId;
import norikae.fencing.FencingPlan;

/** The devices that {@code fencing.json} of this node names. It is read anew for each attempt, so it may change. */
final class FencingDevices {

    private FencingDevices() {}

    static Devices of(Path file) {
        return new Devices(node -> fencerOf(file, node));
    }

    private static Optional<Fencer> fencerOf(Path file, NodeId node) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return FencingPlan.load(file).fencerOf(node);
        } catch (IOException e) {
            return Optional.of(new Unreadable(String.valueOf(e.getMessage())));
        }
    }

    /** A plan that cannot be read stops nobody, and says why. */
    private record Unreadable(String why) implements Fencer {

        @Override
        public String description() {
            return "unreadable";
        }

        @Override
        public FencingResult stop(Duration patience) {
            return new FencingResult.Unproven(why);
        }

        @Override
        public Readiness check(Duration patience) {
            return new Readiness(false, why);
        }
    }
}
