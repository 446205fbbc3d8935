package norikae.failover.sim;

import java.util.HashMap;
import java.util.Map;
import norikae.failover.model.ServiceName;

/** One volume for each service. Confined to one thread. */
final class Volumes {

    private final Dice dice;
    private final boolean careless;
    private final Map<ServiceName, Volume> volumes = new HashMap<>();

    Volumes(Dice dice, boolean careless) {
        this.dice = dice;
        this.careless = careless;
    }

    Volume of(ServiceName service) {
        return volumes.computeIfAbsent(service, _ -> new Volume(kind()));
    }

    private Volume.Kind kind() {
        if (dice.chance(0.5)) {
            return Volume.Kind.NONE;
        }
        return careless ? Volume.Kind.CARELESS : Volume.Kind.MIRRORED;
    }
}
