package norikae.agent.criu;

import java.io.IOException;
import norikae.linux.MissingPages;

/** Takes processes that were rebuilt without their memory. Called on one thread. */
@FunctionalInterface
public interface LazyPages {

    /**
     * A process whose private memory is to be put in.
     *
     * @param process its PID inside its namespace
     * @param missing belongs to the one who is called
     * @throws IOException ends the restore
     */
    void missing(long process, MissingPages missing) throws IOException;
}
