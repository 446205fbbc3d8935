package norikae.agent.daemon;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.agent.security.Identity;
import norikae.failover.log.ratis.Peer;
import norikae.failover.log.ratis.RaftNode;
import norikae.failover.log.ratis.RaftSettings;
import norikae.failover.log.ratis.TlsFiles;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;

/** Starts this node's part of the replicated log. */
final class RaftParts {

    private RaftParts() {}

    static RaftNode start(AgentConfig config, AgentDirectories directories, Identity identity) throws IOException {
        NodeId self = new NodeId(config.node());
        List<Peer> peers = new ArrayList<>();
        peers.add(new Peer(self, config.address(), config.raftPort()));
        for (NodeRecord member : config.members()) {
            if (!member.id().equals(self)) {
                peers.add(new Peer(member.id(), member.address(), member.raftPort()));
            }
        }
        return RaftNode.start(new RaftSettings(
                self,
                config.address(),
                config.raftPort(),
                directories.raft(),
                new TlsFiles(identity.certificate(), identity.privateKey(), identity.authority()),
                peers,
                config.bootstrap()));
    }
}
