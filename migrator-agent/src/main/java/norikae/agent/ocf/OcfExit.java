package norikae.agent.ocf;

/** Exit codes of resource agents in words; OCF Resource Agent API 1.1. */
public final class OcfExit {

    public static final int RUNNING = 0;
    public static final int NOT_RUNNING = 7;
    public static final int RUNNING_PROMOTED = 8;

    /** It runs and is about to fail, or has lost some of its strength; it serves. */
    public static final int DEGRADED = 190;

    public static final int DEGRADED_PROMOTED = 191;

    private OcfExit() {}

    /** Whether a monitor's code means that the service serves. */
    public static boolean serves(int code) {
        return code == RUNNING || code == RUNNING_PROMOTED || code == DEGRADED || code == DEGRADED_PROMOTED;
    }

    /** Such as {@code 7 (not running)}. */
    public static String inWords(int code) {
        String words =
                switch (code) {
                    case RUNNING -> "running";
                    case 1 -> "error";
                    case 2 -> "wrong parameters for this node";
                    case 3 -> "the agent does not know this action";
                    case 4 -> "not permitted";
                    case 5 -> "something that it needs is not installed on this node";
                    case 6 -> "wrong parameters for any node";
                    case NOT_RUNNING -> "not running";
                    case RUNNING_PROMOTED -> "running, promoted";
                    case 9 -> "failed, promoted";
                    case DEGRADED -> "running, degraded";
                    case DEGRADED_PROMOTED -> "running, promoted, degraded";
                    default -> "no code of the standard";
                };
        return code + " (" + words + ")";
    }
}
