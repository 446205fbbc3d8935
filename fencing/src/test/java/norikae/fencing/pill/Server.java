package norikae.fencing.pill;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server with an eye on its mailboxes, as far as a test needs one. Thread-safe. */
final class Server implements PillWatcher.Listener, AutoCloseable {

    /** What it was told, in order. */
    final List<String> told = new CopyOnWriteArrayList<>();

    final PillWatcher watcher;

    Server(String name, PillWatcher.Leftover leftover, Pace pace, Sectors.Opener opener, Path... disks)
            throws Exception {
        watcher = PillWatcher.start(List.of(disks), name, pace.of(2), leftover, this, Waiting.PATIENCE, opener, pace);
    }

    @Override
    public void ordered(PillMessage order, String from) {
        told.add(order.word() + " from " + from);
    }

    @Override
    public void diskLost(String why) {
        told.add(why);
    }

    void awaitTold(String what) throws Exception {
        Waiting.until("told '" + what + "', but " + told, () -> told.stream().anyMatch(it -> it.contains(what)));
    }

    static Pace pace(long millis) {
        return new Pace(Duration.ofMillis(millis));
    }

    @Override
    public void close() {
        watcher.close();
    }
}
