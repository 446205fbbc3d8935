package norikae.agent.move;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import norikae.linux.Cgroup;
import norikae.linux.NoSuchProcessException;
import norikae.linux.Procfs;
import norikae.transfer.memory.MemorySender.Member;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The processes of a capsule that have memory, by their numbers outside and inside. Stateless. */
final class Members {

    private static final Logger LOG = LoggerFactory.getLogger(Members.class);

    private Members() {}

    static List<Member> of(Cgroup group) throws IOException {
        List<Member> members = new ArrayList<>();
        for (int pid : group.procs()) {
            try {
                if (!Procfs.typedStatus(pid).zombie()) {
                    members.add(new Member(pid, Procfs.namespacePids(pid).getLast()));
                }
            } catch (NoSuchProcessException e) {
                LOG.debug("pid={} ended meanwhile", pid);
            }
        }
        return members;
    }
}
