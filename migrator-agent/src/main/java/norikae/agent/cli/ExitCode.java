package norikae.agent.cli;

import java.util.ArrayList;
import java.util.List;
import norikae.agent.client.ControlException;

/** What the command's exit code tells a script. The numbers are part of the interface and never change. */
public enum ExitCode {
    OK(0, "it was done"),
    FAILURE(1, "something failed that fits none of the others"),
    USAGE(2, "the command line, or a file that it names, is wrong"),
    NOT_FOUND(3, "no such service, node or move"),
    PRECONDITION(4, "it cannot be done now, or the check found something against it"),
    UNREACHABLE(5, "no member of the cluster answers, or there is no majority"),
    PERMISSION(6, "the certificate does not allow it, or is not of this cluster"),
    ABORTED(7, "the move ended without moving; the service is where it was"),
    INTERRUPTED(130, "Ctrl-C; a move in flight was ended, the service is where it was");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    public String meaning() {
        return meaning;
    }

    static ExitCode of(ControlException.Kind kind) {
        return switch (kind) {
            case NOT_FOUND -> NOT_FOUND;
            case ALREADY_EXISTS, PRECONDITION -> PRECONDITION;
            case INVALID -> USAGE;
            case PERMISSION -> PERMISSION;
            case UNREACHABLE -> UNREACHABLE;
            case ABORTED -> ABORTED;
            case CANCELLED -> INTERRUPTED;
            case FAILED -> FAILURE;
        };
    }

    /** The end of every help text. */
    static List<String> helpLines() {
        List<String> lines = new ArrayList<>();
        lines.add("%nExit codes:");
        for (ExitCode code : values()) {
            lines.add("  %3d  %s".formatted(code.number, code.meaning).replace("%", "%%"));
        }
        return lines;
    }
}
