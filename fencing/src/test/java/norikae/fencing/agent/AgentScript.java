package norikae.fencing.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Writes programs that behave like fence agents, up to a point. */
final class AgentScript {

    static final String METADATA = """
            <?xml version="1.0" ?>
            <resource-agent name="test"><actions><action name="on" automatic="0"/><action name="off" />
            <action name="reboot" /><action name="status" /><action name="monitor" /></actions></resource-agent>""";

    private AgentScript() {}

    /** @param body shell, in which {@code $action} is the action and {@code $input} all lines that were read */
    static Path write(Path directory, String name, String metadata, String body) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, """
                #!/bin/sh
                input=$(cat)
                action=$(printf '%%s\\n' "$input" | sed -n 's/^action=//p')
                if [ "$action" = metadata ]; then cat <<'END'
                %s
                END
                exit 0; fi
                %s
                """.formatted(metadata, body));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    static Path write(Path directory, String name, String body) throws IOException {
        return write(directory, name, METADATA, body);
    }
}
