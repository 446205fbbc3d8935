package norikae.systemtest;

import static norikae.failover.fault.FaultPoint.*;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import norikae.agent.api.v1.MemoryMode;
import norikae.failover.fault.FaultPoint;

/**
 * One fault in one state of a move, and what is to come of it.
 *
 * @param mode how the move's memory travels; {@code AUTO} is pre-copy here
 * @param point where the move is held when the fault strikes
 */
record FaultWalkCell(MemoryMode mode, FaultPoint point, FaultWalkFault fault) {

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
    private static final Set<FaultPoint> POINTS = EnumSet.complementOf(EnumSet.of(
            SOURCE_RESTORED,
            SOURCE_DRAINING,
            TARGET_DRAINING,
            SOURCE_VOLUMES,
            TARGET_VOLUMES,
            TARGET_ACTIVATED)); // the last three: VolumeWalkTest

    /** States in which memory decides what is where, and so the mode does. */
    private static final Set<FaultPoint> STOP_POINTS = EnumSet.of(SOURCE_DUMPING, SOURCE_DUMPED, TARGET_RESTORED);

    private static final Set<FaultPoint> HYBRID_POINTS = EnumSet.of(
            TARGET_RESTORED, TARGET_COMMITTED, TARGET_RESUMED, SOURCE_DRAINING, TARGET_DRAINING, SOURCE_RESUMED);

    private static final Set<FaultWalkFault> FAULTS_OF_EVERY_MODE =
            EnumSet.of(FaultWalkFault.SOURCE_AGENT_KILLED, FaultWalkFault.TARGET_AGENT_KILLED, FaultWalkFault.LINK_CUT);

    static final List<MemoryMode> MODES = List.of(MemoryMode.AUTO, MemoryMode.STOP, MemoryMode.HYBRID);

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
        for (MemoryMode mode : MODES) {
            for (FaultPoint point : points(mode)) {
                for (FaultWalkFault fault : faults(mode)) {
                    cells.add(new FaultWalkCell(mode, point, fault));
                }
            }
        }
        return cells;
    }

    static Set<FaultPoint> points(MemoryMode mode) {
        return switch (mode) {
            case STOP -> STOP_POINTS;
            case HYBRID -> HYBRID_POINTS;
            default -> POINTS;
        };
    }

    static Set<FaultWalkFault> faults(MemoryMode mode) {
        return mode == MemoryMode.AUTO ? EnumSet.allOf(FaultWalkFault.class) : FAULTS_OF_EVERY_MODE;
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
        return point + " / " + fault.title() + (mode == MemoryMode.AUTO ? "" : " / " + mode);
    }
}
