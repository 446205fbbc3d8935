package norikae.agent.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import norikae.agent.api.v1.JoinReply;
import norikae.agent.api.v1.JoinRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfig.Member;
import norikae.agent.peer.SpecMessages;
import norikae.agent.security.Identity;
import norikae.agent.security.JoinTicket;
import norikae.agent.security.KeyPairs;
import norikae.agent.security.SigningRequest;
import norikae.failover.model.NodeRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code norikae node join}. The node makes its own key, which never leaves it; the ticket's certificate opens one call,
 * in which it gets a certificate of its own. The configuration that the agent waits for is written last.
 */
@Command(name = "join", description = "Make this machine a node of a cluster, with a token of norikae node token.")
final class NodeJoinCommand extends Action {

    private static final String CLUSTER_UNKNOWN = "unknown"; // until the cluster has said its name

    @Parameters(paramLabel = "TOKEN", description = "The token; - reads it from standard input.")
    private String token = "";

    @Mixin
    private final NodeOptions nodeOptions = new NodeOptions();

    @Option(names = "--witness", description = "This node votes, and runs no services.")
    private boolean witness;

    @Option(
            names = "--no-vote",
            description = "This node runs services and has no say in the log: for the nodes beyond three, five or seven"
                    + " voters.")
    private boolean noVote;

    NodeJoinCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run() throws IOException {
        AgentDirectories directories = context().directories();
        if (noVote && witness) {
            throw new CliException(
                    ExitCode.USAGE, "--witness and --no-vote exclude each other: a witness is there to vote");
        }
        AgentConfig voter = nodeOptions.config(CLUSTER_UNKNOWN, witness, false);
        AgentConfig draft = noVote ? voter.withoutVote() : voter;
        NodeFiles.requireNoCluster(directories);
        JoinTicket ticket = ticket();
        KeyPair keys = KeyPairs.generate();
        Files.createDirectories(directories.home()); // fails now rather than when the token is spent
        JoinReply reply = join(directories, ticket, draft, keys);

        var unused = Identity.store(
                directories.pki(), keys.getPrivate(), reply.getCertificatePem(), reply.getAuthorityPem());
        AgentConfig config = joined(draft, reply);
        config.save(directories.configFile());
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("cluster", config.cluster());
            document.put("node", config.node());
            document.put("nodeConfig", directories.configFile());
            printJson(document);
        } else {
            summary(config.node() + " belongs to cluster " + config.cluster() + " now; norikaed starts with "
                    + directories.configFile());
        }
        return ExitCode.OK;
    }

    private JoinTicket ticket() throws IOException {
        String text = token;
        if (token.equals("-")) {
            String line =
                    new BufferedReader(new InputStreamReader(context().in(), StandardCharsets.US_ASCII)).readLine();
            if (line == null) {
                throw new CliException(ExitCode.USAGE, "there is no token on standard input");
            }
            text = line;
        }
        try {
            return JoinTicket.decode(text, Instant.now());
        } catch (IOException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }

    private static JoinReply join(AgentDirectories directories, JoinTicket ticket, AgentConfig draft, KeyPair keys)
            throws IOException {
        Path folder = Files.createTempDirectory(directories.home(), "join-");
        try {
            Identity joiner = ticket.unpack(folder);
            ClientConfig client = new ClientConfig(
                    CLUSTER_UNKNOWN,
                    List.of(Member.parse(ticket.controlAddress())),
                    joiner.certificate(),
                    joiner.privateKey(),
                    joiner.authority());
            try (ControlClient control = ControlClient.open(client)) {
                return control.join(JoinRequest.newBuilder()
                        .setTokenId(ticket.id())
                        .setMember(SpecMessages.toMessage(draft.toNodeRecord()))
                        .setSigningRequestPem(SigningRequest.create(draft.node(), keys))
                        .build());
            }
        } finally {
            removeFolder(folder);
        }
    }

    private static void removeFolder(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static AgentConfig joined(AgentConfig draft, JoinReply reply) {
        List<NodeRecord> members = reply.getMembersList().stream()
                .map(SpecMessages::fromMessage)
                .filter(m -> !m.id().value().equals(draft.node()))
                .toList();
        return new AgentConfig(
                reply.getCluster(),
                draft.node(),
                draft.address(),
                draft.bridge(),
                draft.witness(),
                draft.controlPort(),
                draft.dataPort(),
                draft.raftPort(),
                false,
                members,
                null,
                draft.paths(),
                draft.watchdog(),
                draft.disks(),
                draft.votes(),
                draft.mirrorPort(),
                draft.storage());
    }
}
