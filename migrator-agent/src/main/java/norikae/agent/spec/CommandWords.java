package norikae.agent.spec;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a command line into words by the quoting rules of a shell, and does nothing else that a shell does: what only
 * a shell could carry out (pipes, redirections, variables, …) is refused unless it is quoted, because passing it on
 * as it stands is never what was meant.
 */
public final class CommandWords {

    private static final String SHELL_ONLY = "|&;<>()$`";
    private static final String SHELL_ONLY_IN_DOUBLE_QUOTES = "$`";

    private final String line;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;
    private int at;

    private CommandWords(String line) {
        this.line = line;
    }

    /**
     * @throws IllegalArgumentException if a quotation does not end, or if a shell would be needed
     */
    public static List<String> split(String line) {
        return new CommandWords(line).split();
    }

    private List<String> split() {
        while (at < line.length()) {
            char c = line.charAt(at++);
            if (c == '\'') {
                singleQuoted();
            } else if (c == '"') {
                doubleQuoted();
            } else if (c == '\\') {
                append(escaped());
            } else if (Character.isWhitespace(c)) {
                endWord();
            } else {
                refuseIfIn(SHELL_ONLY, c);
                append(c);
            }
        }
        endWord();
        return List.copyOf(words);
    }

    private void singleQuoted() {
        int end = line.indexOf('\'', at);
        if (end < 0) {
            throw unended('\'', at);
        }
        inWord = true;
        word.append(line, at, end);
        at = end + 1;
    }

    private void doubleQuoted() {
        int start = at;
        inWord = true;
        while (at < line.length()) {
            char c = line.charAt(at++);
            if (c == '"') {
                return;
            }
            if (c == '\\' && at < line.length() && "\"\\$`".indexOf(line.charAt(at)) >= 0) {
                c = line.charAt(at++);
            } else {
                refuseIfIn(SHELL_ONLY_IN_DOUBLE_QUOTES, c);
            }
            word.append(c);
        }
        throw unended('"', start);
    }

    private char escaped() {
        if (at == line.length()) {
            throw new IllegalArgumentException("ends in a backslash that stands before nothing: remove it");
        }
        return line.charAt(at++);
    }

    private void refuseIfIn(String refused, char c) {
        if (refused.indexOf(c) >= 0) {
            throw new IllegalArgumentException("has '" + c + "' as character " + at
                    + ", but no shell runs the command: put it in single quotes if the program shall see it, or write"
                    + " [sh, -c, '…'] if a shell shall");
        }
    }

    private static IllegalArgumentException unended(char quote, int start) {
        return new IllegalArgumentException("the quotation that " + quote + " opens as character " + start
                + " does not end: close it, or write the command as a list");
    }

    private void append(char c) {
        inWord = true;
        word.append(c);
    }

    private void endWord() {
        if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
        }
    }
}
