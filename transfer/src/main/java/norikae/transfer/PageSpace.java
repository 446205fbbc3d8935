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
        SHARED_MEMORY
    }

    /** The memory of the task with this PID inside its capsule. */
    public static PageSpace task(long pid) {
        return new PageSpace(Kind.TASK, pid);
    }

    /** The shared segment with this id. */
    public static PageSpace sharedMemory(long id) {
        return new PageSpace(Kind.SHARED_MEMORY, id);
    }
}
