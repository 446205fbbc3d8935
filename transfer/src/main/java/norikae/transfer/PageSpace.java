package norikae.transfer;

/**
 * The memory that a page belongs to.
 *
 * @param kind private memory of a task, or a segment shared by several
 * @param id the task's PID inside its capsule, or the shared segment's id
 */
public record PageSpace(Kind kind, long id) {

    /** What {@link PageSpace#id} counts. */
    public enum Kind {
        /** Private memory; addresses are virtual addresses of the task. */
        TASK,
        /** Shared memory; addresses are offsets into the segment. */
        SHARED_MEMORY,
        /**
         * Private memory that waits in a {@link norikae.transfer.memory.PageStore} until the task asks for it; addresses as
         * for {@link #TASK}, and pages may come again.
         */
        STORED
    }

    /** The memory of the task with this PID inside its capsule. */
    public static PageSpace task(long pid) {
        return new PageSpace(Kind.TASK, pid);
    }

    /** The memory of the same task, for the page store. */
    public static PageSpace stored(long pid) {
        return new PageSpace(Kind.STORED, pid);
    }

    /** The shared segment with this id. */
    public static PageSpace sharedMemory(long id) {
        return new PageSpace(Kind.SHARED_MEMORY, id);
    }
}
