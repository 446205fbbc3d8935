package norikae.agent.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.MemoryRound;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.spec.ByteSize;

/**
 * One line for each state that a move enters, with its time, and one for its end. While memory is on its way, the
 * {@link Gauge} shows how far it is; lines that come meanwhile wait for it to end.
 */
final class TextMoveProgress implements MoveProgress {

    private final PrintStream out;
    private final boolean quiet;
    private final Gauge gauge;
    private final Map<String, String> states = new HashMap<>();
    private final Map<String, Integer> rounds = new HashMap<>();
    private final List<String> held = new ArrayList<>();

    /** Shows how much of something is done. */
    interface Gauge extends AutoCloseable {

        boolean isOpen();

        /** Whether lines must wait until the gauge is closed, because both are on the same screen. */
        boolean holdsLines();

        void show(String state, long done, long total);

        @Override
        void close();
    }

    TextMoveProgress(PrintStream out, boolean quiet, Gauge gauge) {
        this.out = out;
        this.quiet = quiet;
        this.gauge = gauge;
    }

    @Override
    public void update(MoveUpdate update) {
        String previous = states.put(update.getService() + "/" + update.getMoveId(), update.getState());
        if (!quiet) {
            if (previous == null) {
                line("moving " + update.getService() + " from " + update.getFrom() + " to " + update.getTo()
                        + (update.getMoveId().isEmpty() ? "" : " (move " + update.getMoveId() + ")"));
            }
            progress(update);
            round(update);
            if (!update.getState().equals(previous)) {
                entered(update);
            }
        }
        if (update.hasResult()) {
            finishGauge();
            ended(update, update.getResult());
        }
    }

    private void entered(MoveUpdate update) {
        line(String.format(
                        Locale.ROOT,
                        "%9s  %-9s  %s",
                        Words.millis(update.getAtMillis()),
                        update.getState(),
                        note(update))
                .stripTrailing());
        if (update.hasCheck()) {
            for (String finding : CheckText.findings(update.getCheck())) {
                line("           " + finding);
            }
        }
    }

    private static String note(MoveUpdate update) {
        if (update.hasCheck()) {
            CheckReport check = update.getCheck();
            return CheckText.summary(check);
        }
        boolean travels =
                update.getState().equals("Copying") && !update.getModeReason().isEmpty();
        return travels ? Words.mode(update.getMode()) + ": " + update.getModeReason() : update.getReason();
    }

    /** One line for each round of pre-copy: a person sees whether it converges. */
    private void round(MoveUpdate update) {
        MemoryRound round = update.getRound();
        if (round.getNumber() < 2
                || Objects.equals(rounds.put(update.getMoveId(), round.getNumber()), round.getNumber())) {
            return;
        }
        line(String.format(
                Locale.ROOT,
                "%9s  round %-3d  %s left; %s/s go, %s/s are written; stopped now, it would pause %s",
                Words.millis(update.getAtMillis()),
                round.getNumber(),
                ByteSize.format(round.getPendingBytes()),
                ByteSize.format((long) round.getBytesPerSecond()),
                ByteSize.format((long) round.getDirtyBytesPerSecond()),
                Words.millis(round.getPredictedPauseMillis())));
    }

    private void progress(MoveUpdate update) {
        boolean moving = update.getBytesTotal() > 0 && update.getBytesDone() < update.getBytesTotal();
        if (moving && !update.hasResult()) {
            gauge.show(update.getState(), update.getBytesDone(), update.getBytesTotal());
        } else if (gauge.isOpen() && update.getBytesTotal() > 0) {
            gauge.show(update.getState(), update.getBytesDone(), update.getBytesTotal());
            finishGauge();
        }
    }

    private void ended(MoveUpdate update, MoveResult result) {
        if (!result.getMoved()) {
            out.println("did not move " + update.getService() + ": " + result.getReason() + "; it runs on "
                    + (result.getNode().isEmpty() ? update.getFrom() : result.getNode()));
        } else if (!quiet) {
            out.println("moved " + update.getService() + " from " + update.getFrom() + " to " + update.getTo() + " in "
                    + Words.millis(update.getAtMillis()) + ", paused " + Words.millis(result.getPauseMillis()) + ", "
                    + Words.traffic(result.getBytesMemory(), result.getBytesWire())
                    + (update.getModeReason().isEmpty()
                            ? ""
                            : "; " + Words.mode(update.getMode()) + ": " + update.getModeReason())
                    + (update.getHeap().isEmpty() ? "" : "; " + update.getHeap()));
        }
        out.flush();
    }

    private void line(String text) {
        if (gauge.isOpen() && gauge.holdsLines()) {
            held.add(text);
        } else {
            out.println(text);
            out.flush();
        }
    }

    private void finishGauge() {
        if (gauge.isOpen()) {
            gauge.close();
        }
        held.forEach(out::println);
        held.clear();
        out.flush();
    }

    @Override
    public void close() {
        finishGauge();
    }

    /** For pipes and files: a line now and then. */
    static final class LineGauge implements Gauge {

        private static final int STEPS = 4; // a quarter is worth a line

        private final PrintStream out;
        private boolean open;
        private long shown;

        LineGauge(PrintStream out) {
            this.out = out;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public boolean holdsLines() {
            return false;
        }

        @Override
        public void show(String state, long done, long total) {
            open = true;
            long step = done * STEPS / total;
            if (step > shown) {
                shown = step;
                out.println("           " + ByteSize.format(done) + " of " + ByteSize.format(total));
            }
        }

        @Override
        public void close() {
            open = false;
            shown = 0;
        }
    }
}
