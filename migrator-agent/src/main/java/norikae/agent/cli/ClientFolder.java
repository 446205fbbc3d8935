package norikae.agent.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.Base64;
import java.util.List;
import norikae.agent.config.AtomicFile;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfig.Member;
import org.jspecify.annotations.Nullable;

/** Writes a client's configuration with its certificate, key and authority beside it. */
final class ClientFolder {

    private static final int LINE_LENGTH = 64;

    private ClientFolder() {}

    /** @throws CliException if there is a configuration already, which nobody asked to replace */
    static void requireFree(Path file, String option) {
        if (Files.exists(file)) {
            throw new CliException(
                    ExitCode.PRECONDITION,
                    file + " exists already, and may belong to another cluster",
                    "move it away, or name another place with " + option);
        }
    }

    static void write(
            Path file,
            String cluster,
            String person,
            List<Member> members,
            PrivateKey key,
            String certificatePem,
            String authorityPem)
            throws IOException {
        Path folder = parent(file);
        String stem = cluster + "-" + person;
        ClientConfig config = new ClientConfig(
                cluster,
                members,
                folder.resolve(stem + ".crt"),
                folder.resolve(stem + ".key"),
                folder.resolve(cluster + "-ca.crt"));
        AtomicFile.writeSecret(config.key(), pem(key));
        AtomicFile.write(config.certificate(), certificatePem);
        AtomicFile.write(config.authority(), authorityPem);
        config.save(file); // last: who finds it finds everything
    }

    private static Path parent(Path file) {
        @Nullable Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new CliException(ExitCode.USAGE, file + " is a directory: name a file");
        }
        return parent;
    }

    private static String pem(PrivateKey key) {
        String body = Base64.getMimeEncoder(LINE_LENGTH, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(key.getEncoded());
        return "-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n";
    }
}
