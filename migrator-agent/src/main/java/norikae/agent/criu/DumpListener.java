package norikae.agent.criu;

import java.io.IOException;

/** Called on the thread of {@link CriuDump#run}, while CRIU waits. What it throws ends the dump. */
public interface DumpListener {

    /** The tree still runs, and is stopped as soon as this returns: the pause begins. */
    default void started(int criuPid) throws IOException {}

    /** All tasks are stopped by signal; CRIU has not looked at them yet. Their memory does not change any more. */
    default void treeStopped() throws IOException {}

    /**
     * No task runs any more, and no socket has been looked at. The link must be detached when this returns: a packet that
     * is acknowledged after its socket was dumped is lost.
     */
    void treeFrozen() throws IOException;

    /** All images are written and all pages have passed the sink. CRIU is held from here on. */
    default void imagesComplete() throws IOException {}
}
