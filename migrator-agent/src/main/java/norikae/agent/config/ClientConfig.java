package norikae.agent.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.document.DocumentText;
import norikae.agent.document.Fields;
import norikae.agent.document.InvalidDocumentException;
import norikae.agent.document.JsonDocuments;
import norikae.agent.document.Problems;
import org.jspecify.annotations.Nullable;

/**
 * How a person or program reaches a cluster, and as whom: {@code client.json}; immutable.
 *
 * @param cluster name of the cluster, for messages
 * @param members control addresses of any members; they are tried in this order
 * @param certificate PEM file; its role decides what the client may do
 * @param key PEM file of the certificate's private key
 * @param authority PEM file of the cluster's own authority: nobody else is believed
 */
public record ClientConfig(String cluster, List<Member> members, Path certificate, Path key, Path authority) {

    /** A member's control address. */
    public record Member(String host, int port) {

        /** Reads {@code host} or {@code host:port}. */
        public static Member parse(String text) {
            int colon = text.lastIndexOf(':');
            String host = colon < 0 ? text : text.substring(0, colon);
            int port = AgentConfig.CONTROL_PORT_DEFAULT;
            if (colon >= 0) {
                try {
                    port = Integer.parseInt(text.substring(colon + 1));
                } catch (NumberFormatException e) {
                    port = -1;
                }
            }
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException(
                        "'" + text + "' has no port from 1 to 65535 after the colon: write it like 10.77.0.11:7071");
            }
            return new Member(Checks.host(host), port);
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    public ClientConfig {
        members = List.copyOf(members);
    }

    /**
     * Reads and checks a file; relative paths in it count from its own folder.
     *
     * @throws InvalidDocumentException naming everything that is wrong with it
     */
    public static ClientConfig load(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        return parse(DocumentText.of(file), folder == null ? Path.of("/") : folder);
    }

    /**
     * Reads and checks the text of a file.
     *
     * @param folder from which relative paths count
     * @throws InvalidDocumentException naming everything that is wrong with it
     */
    public static ClientConfig parse(DocumentText text, Path folder) {
        Problems problems = new Problems();
        Fields fields = Fields.ofDocument(JsonDocuments.parse(text), "a client's configuration", problems);
        ClientConfig config = fields == null ? null : read(fields, folder, problems);
        problems.throwIfAny();
        if (config == null) {
            throw new IllegalStateException(text.name() + " gave neither a configuration nor a problem");
        }
        return config;
    }

    private static @Nullable ClientConfig read(Fields fields, Path folder, Problems problems) {
        String cluster = fields.requiredText("cluster", "name the cluster");
        List<Member> members = members(fields);
        Path certificate = path(fields, "certificate", "write the path of your certificate", folder);
        Path key = path(fields, "key", "write the path of your certificate's private key", folder);
        Path authority = path(fields, "authority", "write the path of the cluster's authority certificate", folder);
        fields.finish();
        if (!problems.isEmpty() || cluster == null || certificate == null || key == null || authority == null) {
            return null;
        }
        return new ClientConfig(cluster, members, certificate, key, authority);
    }

    private static List<Member> members(Fields fields) {
        List<Member> members = new ArrayList<>();
        if (fields.node("members") == null) {
            fields.missing("members", "list control addresses of the cluster's nodes, such as [\"10.77.0.11:7071\"]");
            return members;
        }
        List<String> words = fields.words("members");
        if (words != null && words.isEmpty()) {
            fields.problem("members", "is empty: list control addresses of the cluster's nodes");
        }
        for (String word : words == null ? List.<String>of() : words) {
            Member member = fields.parsed("members", word, Member::parse);
            if (member != null) {
                members.add(member);
            }
        }
        return members;
    }

    private static @Nullable Path path(Fields fields, String key, String expected, Path folder) {
        return fields.parsed(key, fields.requiredText(key, expected), folder::resolve);
    }

    /** Writes this configuration, atomically; paths inside the file's folder become relative, so that it can be moved. */
    public void save(Path file) throws IOException {
        AtomicFile.write(file, toJson(file.toAbsolutePath().getParent()));
    }

    private String toJson(@Nullable Path folder) {
        return JsonText.of(json -> {
            json.writeStartObject();
            json.writeStringField("cluster", cluster);
            json.writeArrayFieldStart("members");
            for (Member member : members) {
                json.writeString(member.toString());
            }
            json.writeEndArray();
            json.writeStringField("certificate", relative(folder, certificate));
            json.writeStringField("key", relative(folder, key));
            json.writeStringField("authority", relative(folder, authority));
            json.writeEndObject();
        });
    }

    private static String relative(@Nullable Path folder, Path path) {
        Path absolute = path.toAbsolutePath();
        return folder != null && absolute.startsWith(folder)
                ? folder.relativize(absolute).toString()
                : absolute.toString();
    }
}
