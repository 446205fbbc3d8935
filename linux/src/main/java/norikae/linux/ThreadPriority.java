package norikae.linux;

/** How urgently the kernel gives the calling thread a processor; setpriority(2). Thread-safe. */
public final class ThreadPriority {

    private static final long PRIO_PROCESS = 0;
    private static final int BACKGROUND = 15;
    private static final int URGENT = -19;

    private ThreadPriority() {}

    /**
     * The calling platform thread uses what other threads leave of the processors: against one of them it gets about a
     * thirtieth, on an idle processor all. For good. Best effort.
     */
    public static void background() {
        var _ = LibC.syscallOnce(Numbers.SETPRIORITY, PRIO_PROCESS, 0, BACKGROUND);
    }

    /**
     * The calling platform thread gets a processor before others, for little work that must be in time. For good. Best effort:
     * it needs CAP_SYS_NICE.
     */
    public static void urgent() {
        var _ = LibC.syscallOnce(Numbers.SETPRIORITY, PRIO_PROCESS, 0, URGENT);
    }

    /** The calling platform thread is like others again. */
    public static void normal() {
        var _ = LibC.syscallOnce(Numbers.SETPRIORITY, PRIO_PROCESS, 0, 0);
    }
}
