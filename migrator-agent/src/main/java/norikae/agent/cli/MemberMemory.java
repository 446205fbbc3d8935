package norikae.agent.cli;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfig.Member;

/**
 * Notes members that the client's configuration does not know yet, so that the command finds the cluster when the node
 * that it was made on is gone. Does nothing where the file may not be written.
 */
final class MemberMemory {

    private MemberMemory() {}

    static void learn(ClusterAction action, ClusterStatus status) {
        if (!status.getCurrent()) {
            return;
        }
        try {
            ClientConfig known = action.config();
            int port = known.members().getFirst().port(); // the same everywhere, unless somebody wrote otherwise
            Set<Member> members = new LinkedHashSet<>(known.members());
            Set<String> hosts = new LinkedHashSet<>();
            known.members().forEach(m -> hosts.add(m.host()));
            for (NodeStatus node : status.getNodesList()) {
                if (hosts.add(node.getAddress())) {
                    members.add(Member.parse(node.getAddress() + ":" + port));
                }
            }
            if (members.size() > known.members().size()) {
                new ClientConfig(
                                known.cluster(),
                                List.copyOf(members),
                                known.certificate(),
                                known.key(),
                                known.authority())
                        .save(action.configFile());
            }
        } catch (IOException | IllegalArgumentException e) {
            // it only saves a later command a search
        }
    }
}
