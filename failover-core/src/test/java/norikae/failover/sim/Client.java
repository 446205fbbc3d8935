package norikae.failover.sim;

import norikae.failover.model.ServiceName;

/** Writes numbers into one service, through whichever copy answers. Confined to one thread. */
final class Client {

    private final World world;
    private final ServiceName service;
    private final Dice dice;
    private long next;
    private long acknowledged;
    long lastAnswerAt = Long.MIN_VALUE;

    Client(World world, ServiceName service) {
        this.world = world;
        this.service = service;
        this.dice = world.dice("client of " + service);
        write();
    }

    private void write() {
        for (SimNode node : world.workers()) {
            Copy copy = node.copies.get(service);
            if (copy != null && copy.runs() && node.gateOpen() && node.goes()) {
                world.safety.answered(copy, acknowledged);
                lastAnswerAt = world.time.now();
                next++;
                if (world.volume(service).write(copy.epoch, next)) {
                    copy.value = next;
                    if (!dice.chance(0.1)) { // else the acknowledgement is lost on its way
                        acknowledged = next;
                    }
                }
            }
        }
        world.time.after(dice.millis(10, 60), this::write);
    }
}
