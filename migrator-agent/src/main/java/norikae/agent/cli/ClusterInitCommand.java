package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.agent.config.ClientConfig.Member;
import norikae.agent.security.ClusterAuthority;
import norikae.agent.security.Identity;
import norikae.agent.security.KeyPairs;
import norikae.agent.security.SigningRequest;
import norikae.transfer.PeerIdentity;
import norikae.transfer.PeerIdentity.Role;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code norikae cluster init}. The node's configuration is written last, because it is what the agent waits for; until
 * then the command can be run again after a failure.
 */
@Command(
        name = "init",
        description = {
            "Make a new cluster, with this machine as its first node.",
            "Makes the cluster's authority, this node's certificate and the first operator's."
        })
final class ClusterInitCommand extends Action {

    private static final Duration OPERATOR_VALIDITY = Duration.ofDays(365);

    @Option(names = "--cluster", required = true, paramLabel = "NAME", description = "The name of the new cluster.")
    private String cluster = "";

    @Mixin
    private final NodeOptions nodeOptions = new NodeOptions();

    @Option(
            names = "--operator",
            paramLabel = "NAME",
            defaultValue = "operator",
            description = "The name in the first operator's certificate (default: ${DEFAULT-VALUE}).")
    private String operator = "operator";

    @Option(
            names = "--client-config",
            paramLabel = "PATH",
            description = "Where the operator's configuration goes (default: ~/.config/norikae/client.json).")
    private @Nullable Path clientConfig;

    ClusterInitCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run() throws IOException {
        AgentDirectories directories = context().directories();
        AgentConfig config = nodeOptions.config(cluster, false, true);
        Path clientFile = clientConfig == null ? context().lookup().defaultFile() : clientConfig;
        NodeFiles.requireNoCluster(directories);
        ClientFolder.requireFree(clientFile, "--client-config");

        ClusterAuthority authority = authority(directories);
        KeyPair nodeKeys = KeyPairs.generate();
        X509Certificate nodeCertificate =
                certify(authority, nodeKeys, config.node(), Role.NODE, List.of(config.address()));
        var unused = Identity.store(
                directories.pki(),
                nodeKeys.getPrivate(),
                ClusterAuthority.pem(nodeCertificate),
                authority.certificatePem());
        KeyPair operatorKeys = KeyPairs.generate();
        X509Certificate operatorCertificate = certify(authority, operatorKeys, operator, Role.OPERATOR, List.of());
        ClientFolder.write(
                clientFile,
                cluster,
                operator,
                List.of(new Member(config.address(), config.controlPort())),
                operatorKeys.getPrivate(),
                ClusterAuthority.pem(operatorCertificate),
                authority.certificatePem());
        config.withMembers(List.of(config.toNodeRecord())).save(directories.configFile());
        report(config, directories, clientFile);
        return ExitCode.OK;
    }

    /** The authority of an attempt that failed half-way is as good as a new one. */
    private ClusterAuthority authority(AgentDirectories directories) throws IOException {
        if (!ClusterAuthority.isHeldIn(directories.pki())) {
            return ClusterAuthority.create(directories.pki(), cluster, InstantSource.system());
        }
        ClusterAuthority found = ClusterAuthority.load(directories.pki(), InstantSource.system());
        String subject = found.certificate().getSubjectX500Principal().getName();
        boolean same = subject.matches("(.*,)?CN=" + Pattern.quote(cluster) + "(,.*)?");
        if (!same || Files.exists(directories.raft())) {
            throw new CliException(
                    ExitCode.PRECONDITION,
                    directories.home() + " holds what is left of a cluster (" + subject + ")",
                    "move " + directories.home() + " away if that cluster is gone for good");
        }
        return found;
    }

    private static X509Certificate certify(
            ClusterAuthority authority, KeyPair keys, String name, PeerIdentity.Role role, List<String> addresses)
            throws IOException {
        Duration validity = role == Role.NODE ? ClusterAuthority.NODE_VALIDITY : OPERATOR_VALIDITY;
        try {
            return authority.issue(
                    SigningRequest.parse(SigningRequest.create(name, keys)), name, role, addresses, validity);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }

    private void report(AgentConfig config, AgentDirectories directories, Path clientFile) {
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("cluster", config.cluster());
            document.put("node", config.node());
            document.put("nodeConfig", directories.configFile());
            document.put("clientConfig", clientFile.toAbsolutePath());
            printJson(document);
            return;
        }
        summary("cluster " + config.cluster() + " made, with node " + config.node() + " at " + config.address());
        summary("  this node:     " + directories.configFile() + " (norikaed starts with it)");
        summary("  this operator: " + clientFile.toAbsolutePath());
        summary("  keep safe:     " + directories.pki().resolve("ca.key") + " (whoever has it is the cluster)");
        summary("add nodes with: norikae node token | ssh HOST norikae node join - --node NAME --address IP");
    }
}
