package norikae.agent.cli;

import java.time.Duration;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.spec.ByteSize;

/**
 * How far a resync or a comparison is: a bar on a terminal, a line for each tenth elsewhere, and with {@code --json} one document
 * a line. Confined to the command's thread.
 */
final class VolumeGauge implements AutoCloseable {

    private static final int STEPS = 10;

    private final Action action;
    private final String task;
    private final BarGauge bar;
    private long step;
    private String waiting = "";

    VolumeGauge(Action action, String task) {
        this.action = action;
        this.task = task;
        this.bar = new BarGauge(action.context().err(), task);
    }

    void show(CopyStatus copy) {
        if (action.json()) {
            action.printJson(copy);
        } else if (!action.quiet()) {
            if (copy.getResyncTotalBytes() == 0) {
                waits(copy);
            } else if (action.context().terminal()) {
                bar.show(left(copy), copy.getResyncDoneBytes(), copy.getResyncTotalBytes());
            } else {
                line(copy);
            }
        }
    }

    private void waits(CopyStatus copy) {
        String why = copy.getReason();
        if (!why.isEmpty() && !why.equals(waiting)) {
            waiting = why;
            bar.close();
            action.print("waiting for " + copy.getNode() + ": " + why);
        }
    }

    private void line(CopyStatus copy) {
        long now = copy.getResyncDoneBytes() * STEPS / copy.getResyncTotalBytes();
        if (now > step) {
            step = now;
            action.print(task + ": " + ByteSize.format(copy.getResyncDoneBytes()) + " of "
                    + ByteSize.format(copy.getResyncTotalBytes()) + ", " + rate(copy) + ", " + left(copy));
        }
    }

    /** Bytes a second since it began. */
    private static double perSecond(CopyStatus copy) {
        return copy.getResyncDoneBytes() * 1_000.0 / Math.max(1, copy.getResyncMillis());
    }

    static String rate(CopyStatus copy) {
        return ByteSize.format((long) perSecond(copy)) + "/s";
    }

    /** The time left, if it goes on as until now. */
    static String left(CopyStatus copy) {
        double rate = perSecond(copy);
        if (rate < 1) {
            return "not moving";
        }
        long seconds = (long) Math.ceil((copy.getResyncTotalBytes() - copy.getResyncDoneBytes()) / rate);
        Duration left = Duration.ofSeconds(seconds);
        return left.toMinutes() < 2
                ? left.toSeconds() + " s left"
                : left.toHours() < 2
                        ? left.toMinutes() + " min left"
                        : left.toHours() + " h " + left.toMinutesPart() + " min left";
    }

    @Override
    public void close() {
        bar.close();
    }
}
