package norikae.failover.log.ratis;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.NodeId;

/** A voter as a process of its own, for tests that kill it. Ends when its standard input does. */
final class RaftMember {

    private RaftMember() {}

    /** NAME PORT DIRECTORY CERTIFICATE KEY AUTHORITY BOOTSTRAP [PEER-NAME PEER-PORT]… */
    public static void main(String[] args) throws Exception {
        List<Peer> peers = new ArrayList<>();
        for (int i = 7; i < args.length; i += 2) {
            peers.add(new Peer(new NodeId(args[i]), "127.0.0.1", Integer.parseInt(args[i + 1])));
        }
        RaftSettings settings = new RaftSettings(
                new NodeId(args[0]),
                "127.0.0.1",
                Integer.parseInt(args[1]),
                Path.of(args[2]),
                new TlsFiles(Path.of(args[3]), Path.of(args[4]), Path.of(args[5])),
                peers,
                Boolean.parseBoolean(args[6]));
        try (RaftNode node = RaftNode.start(settings)) {
            System.out.println("READY " + node.voters().size());
            while (System.in.read() >= 0) {
                // until the test ends or dies
            }
        }
    }
}
