package norikae.agent.criu;

import java.io.IOException;

/** What must be so before CRIU lets go of a restored tree: its cgroup frozen. */
@FunctionalInterface
public interface PreResumeHook {

    void run() throws IOException;
}
