package norikae.agent.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.client.Subscription;

/**
 * Follows one move, or those of a drain, to the end. Ctrl-C asks the cluster to end what is in flight; the run then goes
 * on until the cluster has said how each move ended, because only that tells where the service is.
 *
 * <p>{@link #follow} belongs to the command's thread; {@link #interrupt} may come from any.
 */
final class MoveRun {

    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(2);

    private final ControlClient client;
    private final Subscription<MoveUpdate> updates;
    private final MoveProgress progress;
    private final CliContext context;

    // guarded by this
    private final Map<String, MoveUpdate> inFlight = new LinkedHashMap<>();
    private boolean interrupted;
    private boolean lastMoveEnded;
    private int cancelsInFlight;

    private final List<MoveUpdate> ended = new ArrayList<>();
    private boolean blocked;
    private volatile boolean over;

    MoveRun(ControlClient client, Subscription<MoveUpdate> updates, MoveProgress progress, CliContext context) {
        this.client = client;
        this.updates = updates;
        this.progress = progress;
        this.context = context;
    }

    /** Returns when all has ended, or throws what the cluster refused. */
    void follow() {
        try (Interrupts.Handle _ = context.interrupts().whileOpen(this::interrupt)) {
            while (!isOver() && updates.hasNext()) {
                accept(updates.next());
            }
        } finally {
            awaitAnswersToCancel();
            over = true;
            progress.close();
            updates.close();
        }
    }

    private void accept(MoveUpdate update) {
        boolean cancel = false;
        synchronized (this) {
            if (update.hasResult()) {
                inFlight.remove(update.getMoveId());
                lastMoveEnded = true;
            } else if (!update.getMoveId().isEmpty()) {
                cancel = interrupted && !inFlight.containsKey(update.getMoveId());
                inFlight.put(update.getMoveId(), update);
                lastMoveEnded = false;
            }
        }
        progress.update(update);
        blocked |= update.hasCheck() && !update.getCheck().getMovable();
        if (update.hasResult()) {
            ended.add(update);
        }
        if (cancel) {
            cancel(update);
        }
    }

    private void interrupt() {
        List<MoveUpdate> moves;
        synchronized (this) {
            if (interrupted) {
                return;
            }
            interrupted = true;
            moves = List.copyOf(inFlight.values());
        }
        if (moves.isEmpty()) {
            context.err().println("norikae: interrupted; the move that comes next is ended as soon as it has a name");
        }
        moves.forEach(this::cancel);
    }

    private void cancel(MoveUpdate move) {
        synchronized (this) {
            cancelsInFlight++;
        }
        try {
            askToCancel(move);
        } finally {
            synchronized (this) {
                cancelsInFlight--;
                notifyAll();
            }
        }
    }

    /** The answer comes about when the move ends; without it the user would not learn that Ctrl-C came too late. */
    private synchronized void awaitAnswersToCancel() {
        long deadline = System.nanoTime() + ANSWER_PATIENCE.toNanos();
        try {
            while (cancelsInFlight > 0) {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    return;
                }
                wait(millis);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void askToCancel(MoveUpdate move) {
        context.err().println("norikae: interrupted; asking the cluster to end the move of " + move.getService());
        try {
            CancelMoveReply reply = client.cancel(move.getMoveId());
            if (!reply.getCancelled()) {
                context.err().println("norikae: too late, the move goes on to its end: " + reply.getText());
            }
        } catch (ControlException e) {
            if (!over) { // otherwise the end itself came faster than the answer
                context.err().println("norikae: the move could not be ended: " + e.getMessage());
            }
        }
    }

    /** After Ctrl-C a drain shall not go on to the next service. */
    private synchronized boolean isOver() {
        return interrupted && inFlight.isEmpty() && lastMoveEnded;
    }

    synchronized boolean interrupted() {
        return interrupted;
    }

    /** The last updates of the moves that have ended, in order. */
    List<MoveUpdate> ended() {
        return ended;
    }

    /** Moves that were begun and whose end nobody told. */
    synchronized List<MoveUpdate> lost() {
        return List.copyOf(inFlight.values());
    }

    /** What the run means for a script. */
    ExitCode exitCode() {
        boolean allMoved = ended.stream().allMatch(u -> u.getResult().getMoved());
        if (interrupted() && !(allMoved && !ended.isEmpty())) {
            return ExitCode.INTERRUPTED;
        }
        if (allMoved) {
            return ExitCode.OK;
        }
        return blocked ? ExitCode.PRECONDITION : ExitCode.ABORTED;
    }
}
