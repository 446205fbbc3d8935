package norikae.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import norikae.agent.api.v1.IssueCertificateReply;
import norikae.agent.api.v1.IssueCertificateRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfigLookup;
import norikae.agent.security.KeyPairs;
import norikae.agent.security.SigningRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae operator add}. */
@Command(
        name = "add",
        description = {
            "Make a certificate for another person or program.",
            "Writes a folder with a client configuration; hand it over as a whole, its key is a secret."
        })
final class OperatorAddCommand extends ClusterAction {

    /** What a certificate may allow. */
    enum Role {
        /** Look. */
        viewer,
        /** Look, and do everything. */
        operator
    }

    @Parameters(paramLabel = "NAME", description = "The name in the certificate.")
    private String name = "";

    @Option(
            names = "--role",
            required = true,
            paramLabel = "ROLE",
            description = "What it allows: ${COMPLETION-CANDIDATES}.")
    private Role role = Role.viewer;

    @Option(
            names = "--days",
            paramLabel = "DAYS",
            defaultValue = "365",
            description = "How long it is valid (default: ${DEFAULT-VALUE}).")
    private int days;

    @Option(names = "--out", paramLabel = "FOLDER", description = "Where to write it (default: ./NAME).")
    private @Nullable Path out;

    OperatorAddCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) throws IOException {
        if (days < 1) {
            throw new CliException(ExitCode.USAGE, "--days " + days + " is out of range: use 1 or more");
        }
        ClientConfig own = config();
        Path file = (out == null ? Path.of(name) : out).resolve(ClientConfigLookup.FILE_NAME);
        ClientFolder.requireFree(file, "--out");
        KeyPair keys = KeyPairs.generate();
        IssueCertificateReply reply = client.issueCertificate(IssueCertificateRequest.newBuilder()
                .setName(name)
                .setRole(role.name().toLowerCase(Locale.ROOT))
                .setSigningRequestPem(SigningRequest.create(name, keys))
                .setValidDays(days)
                .build());
        ClientFolder.write(
                file,
                own.cluster(),
                name,
                own.members(),
                keys.getPrivate(),
                reply.getCertificatePem(),
                reply.getAuthorityPem());
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("name", name);
            document.put("role", role.name());
            document.put("clientConfig", file.toAbsolutePath());
            printJson(document);
        } else {
            summary(name + " can use cluster " + own.cluster() + " as " + role + " with --config " + file);
        }
        return ExitCode.OK;
    }
}
