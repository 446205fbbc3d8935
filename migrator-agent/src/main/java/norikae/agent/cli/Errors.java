package norikae.agent.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import norikae.agent.client.ControlException;
import norikae.agent.document.InvalidDocumentException;
import norikae.agent.document.Nearest;
import norikae.agent.document.Problem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what was thrown into a line that a person can use, and an exit code that a script can. */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {

    private final PrintStream err;

    Errors(PrintStream err) {
        this.err = err;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine line = e.getCommandLine();
        String remedy = "norikae --help lists the commands";
        String command = line.getCommandSpec().qualifiedName();
        if (!command.equals("norikae")) {
            remedy = command + " --help shows how it is used";
        }
        String message = String.valueOf(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String word = unmatched.getUnmatched().getFirst();
            String nearest = Nearest.of(word, line.getSubcommands().keySet());
            if (!word.startsWith("-") && !line.getSubcommands().isEmpty()) {
                message = "there is no command '" + word + "'"
                        + (nearest == null ? "" : "; do you mean " + nearest + "?");
            } else {
                message = (word.startsWith("-") ? "there is no option '" : "one word too many: '") + word + "'";
            }
        }
        say(message, remedy);
        return ExitCode.USAGE.number();
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine line, @Nullable ParseResult result) {
        if (result != null && result.expandedArgs().contains("--debug")) {
            e.printStackTrace(err);
        }
        return handle(e).number();
    }

    private ExitCode handle(Exception e) {
        return switch (e) {
            case CliException cli -> {
                say(cli.getMessage(), cli.remedy());
                yield cli.code();
            }
            case ControlException control -> {
                say(control.getMessage(), remedy(control.kind()));
                yield ExitCode.of(control.kind());
            }
            case InvalidDocumentException document -> {
                for (Problem problem : document.problems()) {
                    say(problem.toString(), null);
                }
                yield ExitCode.USAGE;
            }
            case UncheckedIOException unchecked when unchecked.getCause() != null -> io(unchecked.getCause());
            case IOException io -> io(io);
            default -> {
                say("this is a fault in norikae: " + e, "run it again with --debug and report what it prints");
                yield ExitCode.FAILURE;
            }
        };
    }

    private ExitCode io(IOException e) {
        String message =
                switch (e) {
                    case NoSuchFileException missing -> "there is no file " + missing.getFile();
                    case FileAlreadyExistsException exists -> exists.getFile() + " exists already";
                    case AccessDeniedException denied -> denied.getFile() + " may not be read or written by you";
                    default -> String.valueOf(e.getMessage());
                };
        say(message, null);
        return e instanceof AccessDeniedException ? ExitCode.PERMISSION : ExitCode.FAILURE;
    }

    private static @Nullable String remedy(ControlException.Kind kind) {
        return switch (kind) {
            case UNREACHABLE -> "look whether the nodes and norikaed on them run, then try again";
            case FAILED -> "the agent's log on that node says more";
            case NOT_FOUND, ALREADY_EXISTS, PRECONDITION, INVALID, PERMISSION, ABORTED, CANCELLED -> null;
        };
    }

    private void say(@Nullable String message, @Nullable String remedy) {
        for (String line : List.of(String.valueOf(message).split("\\R"))) {
            err.println("norikae: " + line);
        }
        if (remedy != null) {
            err.println("         " + remedy);
        }
        err.flush();
    }
}
