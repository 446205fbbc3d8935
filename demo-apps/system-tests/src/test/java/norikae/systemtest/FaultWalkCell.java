package norikae.systemtest;

import static norikae.failover.fault.FaultPoint.*;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import norikae.failover.fault.FaultPoint;

/**
 * One fault in one state of a move, and what is to come of it.
 *
 * @param point where the move is held when the fault strikes
 */
record FaultWalkCell(FaultPoint point, FaultWalkFault fault) {

    /** How a move ends. */
    enum Outcome {
        STAYS("stays on source"),
        MOVES("goes to target"),
        /** The fault cannot happen in this state. */
        NONE("-");

        private final String title;

        Outcome(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** All states that the walk visits: SOURCE_RESTORED is left by the target without waiting for anybody. */
    static final List<FaultPoint> POINTS =
            EnumSet.complementOf(EnumSet.of(SOURCE_RESTORED)).stream().toList();

    private static final Set<FaultPoint> SOURCE_CRIU = EnumSet.range(SOURCE_COPYING, SOURCE_RESUMED);
    private static final Set<FaultPoint> TARGET_CRIU = EnumSet.of(TARGET_RECEIVED, TARGET_RESTORED);
    /** Room and memory are wanted once, after these states: in those between them nothing else would happen. */
    private static final Set<FaultPoint> SPACE_WANTED = EnumSet.of(TARGET_PREPARED, SOURCE_COPYING, TARGET_RECEIVING);

    private static final Set<FaultPoint> MEMORY_WANTED = EnumSet.of(TARGET_PREPARED);

    /** Where the log is asked for something next; between them a missing leader is not noticed. */
    private static final Set<FaultPoint> LOG_NEXT = EnumSet.of(
            SOURCE_CHECKED, SOURCE_PREPARED, TARGET_RESTORED, TARGET_COMMITTED, TARGET_RESUMED, SOURCE_CLEANED);

    static List<FaultWalkCell> all() {
        List<FaultWalkCell> cells = new ArrayList<>();
        for (FaultPoint point : POINTS) {
            for (FaultWalkFault fault : FaultWalkFault.values()) {
                cells.add(new FaultWalkCell(point, fault));
            }
        }
        return cells;
    }

    boolean onSource() {
        return point.name().startsWith("SOURCE");
    }

    /** Whether the log has made the target the owner by then. */
    boolean committed() {
        return point.compareTo(TARGET_COMMITTED) >= 0;
    }

    Outcome expected() {
        return switch (fault) {
            case SOURCE_AGENT_KILLED, LINK_CUT, CANCELLED -> byLog();
            // By the time that the log has answered, CRIU has let go: the tree is whole, and frozen, whoever dies.
            case TARGET_AGENT_KILLED -> byLog();
            case TARGET_CRIU_KILLED -> TARGET_CRIU.contains(point) ? Outcome.STAYS : Outcome.NONE;
            // From the last image on nobody needs it: the tree stays in the freezer.
            case SOURCE_CRIU_KILLED ->
                !SOURCE_CRIU.contains(point)
                        ? Outcome.NONE
                        : point.compareTo(SOURCE_DUMPED) >= 0 ? Outcome.MOVES : byLog();
            case TARGET_SPACE_GONE -> SPACE_WANTED.contains(point) ? Outcome.STAYS : Outcome.NONE;
            case TARGET_MEMORY_GONE -> MEMORY_WANTED.contains(point) ? Outcome.STAYS : Outcome.NONE;
            case LEADER_KILLED -> LOG_NEXT.contains(point) ? Outcome.MOVES : Outcome.NONE;
        };
    }

    private Outcome byLog() {
        return committed() ? Outcome.MOVES : Outcome.STAYS;
    }

    @Override
    public String toString() {
        return point + " / " + fault.title();
    }
}
