package norikae.lab.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.lab.LabException;

/** What one move told of itself, for people. Confined to one thread. */
final class MoveStory {

    private static final double MIB = 1024.0 * 1024.0;

    private final List<MoveUpdate> transitions = new ArrayList<>();
    private MoveResult result = MoveResult.getDefaultInstance();

    void add(MoveUpdate update) {
        boolean progressOnly =
                !transitions.isEmpty() && transitions.getLast().getState().equals(update.getState());
        if (!progressOnly && !update.getState().isEmpty()) {
            transitions.add(update);
        }
        if (update.hasResult()) {
            result = update.getResult();
        }
    }

    boolean moved() {
        return result.getMoved();
    }

    /** @param seen what the clients saw meanwhile */
    void print(PrintStream out, int number, JsonNode seen) {
        if (transitions.isEmpty()) {
            throw new LabException("move " + number + " told nothing of itself");
        }
        MoveUpdate first = transitions.getFirst();
        out.printf(
                Locale.ROOT,
                "move %d: %s -> %s %s%n",
                number,
                first.getFrom(),
                first.getTo(),
                result.getMoved() ? "" : "DID NOT MOVE: " + result.getReason());
        out.printf(
                Locale.ROOT,
                "  pause seen by the clients %.0f ms (longest gap on a connection %.0f ms); by the agents %.0f ms%n",
                seen.path("pauseMillis").asDouble(),
                seen.path("gapMillis").asDouble(),
                result.getPauseMillis());
        out.printf(
                Locale.ROOT,
                "  bytes moved: %.1f MiB of memory, %.1f MiB on the wire%n",
                result.getBytesMemory() / MIB,
                result.getBytesWire() / MIB);
        StringBuilder states = new StringBuilder("  states:");
        transitions.forEach(update ->
                states.append(String.format(Locale.ROOT, " %s +%.0f", update.getState(), update.getAtMillis())));
        out.println(states.append(" ms"));
        StringBuilder phases = new StringBuilder("  time went to:");
        result.getPhasesList()
                .forEach(phase ->
                        phases.append(String.format(Locale.ROOT, " %s %.0f", phase.getName(), phase.getMillis())));
        out.println(phases.append(" ms"));
    }
}
