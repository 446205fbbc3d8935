package norikae.agent.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import norikae.agent.Version;
import picocli.CommandLine.Command;

/** {@code norikae version}. */
@Command(name = "version", description = "Print the version of this command.")
final class VersionCommand extends Action {

    VersionCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run() {
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("version", Version.current());
            document.put("java", Runtime.version().toString());
            printJson(document);
        } else {
            print("norikae " + Version.current());
        }
        return ExitCode.OK;
    }
}
