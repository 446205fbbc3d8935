package norikae.agent.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandWordsTest {

    static Stream<Arguments> splits() {
        return Stream.of(
                Arguments.of("", List.of()),
                Arguments.of("  \t\n ", List.of()),
                Arguments.of("a  b\tc\nd", List.of("a", "b", "c", "d")),
                Arguments.of("'a b' \"c d\"", List.of("a b", "c d")),
                Arguments.of("a'b c'd", List.of("ab cd")),
                Arguments.of("'' \"\"", List.of("", "")),
                Arguments.of("'$HOME;|' \"a;b|c\"", List.of("$HOME;|", "a;b|c")),
                Arguments.of("a\\ b \\$x \\\\", List.of("a b", "$x", "\\")),
                Arguments.of("\"a\\\"b\" \"a\\nb\" \"\\$x\"", List.of("a\"b", "a\\nb", "$x")),
                Arguments.of("*.txt a=b # no", List.of("*.txt", "a=b", "#", "no")));
    }

    @ParameterizedTest
    @MethodSource
    void splits(String line, List<String> words) {
        assertThat(CommandWords.split(line)).isEqualTo(words);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a | b", "a && b", "a; b", "a > f", "a < f", "a $HOME", "a `b`", "(a)", "\"$HOME\"", "\"`a`\""})
    void refusesWhatOnlyAShellCouldDo(String line) {
        assertThatThrownBy(() -> CommandWords.split(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no shell runs the command");
    }

    @Test
    void refusesWhatDoesNotEnd() {
        assertThatThrownBy(() -> CommandWords.split("a \"b")).hasMessageContaining("character 3 does not end");
        assertThatThrownBy(() -> CommandWords.split("'")).hasMessageContaining("character 1 does not end");
        assertThatThrownBy(() -> CommandWords.split("a \\")).hasMessageContaining("ends in a backslash");
    }
}
