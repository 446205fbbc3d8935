package norikae.agent.criu;

import java.io.IOException;
import java.util.List;

/** The processes of a capsule at this moment, by the PIDs that this node sees; a cgroup's {@code procs()}. */
@FunctionalInterface
public interface ProcessTable {

    List<Integer> pids() throws IOException;
}
