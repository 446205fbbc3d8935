package norikae.agent.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import norikae.agent.document.DocumentText;
import norikae.agent.document.InvalidDocumentException;
import norikae.agent.peer.SpecMessages;
import norikae.failover.model.Limits;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.VolumeMount;
import norikae.failover.model.VolumeName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SpecReaderTest {

    private static final String GOOD = """
            name: ledger
            command: [java, -jar, /srv/ledger.jar, --port, 7000]
            address: 10.77.0.50/24
            user: nobody
            """;

    private static ServiceSpec parse(String text) {
        return SpecReader.parse(new DocumentText("s.yaml", text));
    }

    private static List<String> problemsOf(String text) {
        InvalidDocumentException e = catchThrowableOfType(InvalidDocumentException.class, () -> parse(text));
        assertThat(e).as("the refusal of %s", text).isNotNull();
        return e.problems().stream().map(Object::toString).toList();
    }

    @Test
    void shouldReadASpecWithEverything() {
        ServiceSpec spec = parse(GOOD + """
                workingDirectory: /srv
                environment:
                  PORT: 7000
                  DEBUG: true
                  EMPTY: ""
                limits: {memory: 1.5GiB, cpu: 1.5, processes: 200, openFiles: 4096}
                node: node-a
                """);
        assertThat(spec.name()).isEqualTo(new ServiceName("ledger"));
        assertThat(spec.command()).containsExactly("java", "-jar", "/srv/ledger.jar", "--port", "7000");
        assertThat(spec.address()).hasToString("10.77.0.50/24");
        assertThat(spec.user()).isEqualTo("nobody");
        assertThat(spec.workingDirectory()).isEqualTo("/srv");
        assertThat(spec.environment())
                .containsEntry("PORT", "7000")
                .containsEntry("DEBUG", "true")
                .containsEntry("EMPTY", "");
        assertThat(spec.limits()).isEqualTo(new Limits(3L << 29, 1.5, 200, 4096));
        assertThat(spec.node()).isEqualTo(new NodeId("node-a"));
    }

    @Test
    void shouldReadTheVolumesThatGoWithIt() {
        ServiceSpec spec = parse(GOOD + """
                volumes:
                  - {volume: data, path: /srv/data}
                  - {volume: log, path: /srv/data/log}
                """);
        assertThat(spec.volumesOrNone())
                .containsExactly(
                        new VolumeMount(new VolumeName("data"), "/srv/data"),
                        new VolumeMount(new VolumeName("log"), "/srv/data/log"));
        assertThat(SpecMessages.fromMessage(SpecMessages.toMessage(spec))).isEqualTo(spec);
    }

    @Test
    void shouldNameWhatIsWrongWithAVolume() {
        assertThat(problemsOf(GOOD + "volumes: [{volume: data}]"))
                .singleElement()
                .asString()
                .contains("path")
                .contains("such as /srv/data");
        assertThat(problemsOf(GOOD + "volumes: [{volume: data, path: srv}]"))
                .singleElement()
                .asString()
                .contains("not an absolute path");
        assertThat(problemsOf(GOOD + "volumes: [{volume: d, path: /a}, {volume: d, path: /b}]"))
                .singleElement()
                .asString()
                .contains("is there already");
        assertThat(problemsOf(GOOD + "volumes: [{volume: d, path: /a}, {volume: e, path: /a}]"))
                .singleElement()
                .asString()
                .contains("another volume's");
        assertThat(problemsOf(GOOD + "volumes: [{volume: d, path: /a, size: 3}]"))
                .singleElement()
                .asString()
                .contains("size");
    }

    @Test
    void shouldHaveDefaultsForWhatIsLeftOut() {
        ServiceSpec spec = parse(GOOD);
        assertThat(spec.workingDirectory()).isEqualTo("/");
        assertThat(spec.environment()).isEmpty();
        assertThat(spec.limits()).isEqualTo(Limits.NONE);
        assertThat(spec.node()).isNull();
    }

    @Test
    void shouldSplitACommandLineLikeAShellWould() {
        assertThat(parse(GOOD.replaceAll("command: .*", "command: java -jar '/srv/my ledger.jar' \"a b\""))
                        .command())
                .containsExactly("java", "-jar", "/srv/my ledger.jar", "a b");
    }

    static Stream<Arguments> oneMistake() {
        return Stream.of(
                // wrong values
                Arguments.of("name: ledger", "name: Ledger", "s.yaml:1:7: name: service name 'Ledger' is not a valid"),
                Arguments.of("name: ledger", "name: 17", "s.yaml:1:7: name: is '17' (a whole number) where text"),
                Arguments.of("name: ledger", "name: [a]", "s.yaml:1:7: name: is a list where text belongs"),
                Arguments.of("name: ledger", "name:", "s.yaml:1:6: name: has no value: name the service"),
                Arguments.of("10.77.0.50/24", "10.77.0.500/24", "s.yaml:3:10: address: address '10.77.0.500' is not"),
                Arguments.of("10.77.0.50/24", "10.77.0.50/31", "s.yaml:3:10: address: prefix length 31 of address"),
                Arguments.of("10.77.0.50/24", "true", "s.yaml:3:10: address: is 'true' (true or false) where text"),
                Arguments.of("user: nobody", "user: no body", "s.yaml:4:7: user: 'no body' is not an account name"),
                Arguments.of("user: nobody", "", "s.yaml:1:1: user: is missing: name the account to run as"),
                Arguments.of("user: nobody", "usr: nobody", "s.yaml:1:1: user: is missing"),
                // the command
                Arguments.of("[java, -jar, /srv/ledger.jar, --port, 7000]", "[]", "s.yaml:2:10: command: is empty"),
                Arguments.of("[java, -jar, /srv/ledger.jar, --port, 7000]", "''", "s.yaml:2:10: command: is empty"),
                Arguments.of("-jar,", "null,", "s.yaml:2:17: command[1]: is nothing where text belongs"),
                Arguments.of("-jar,", "[x],", "s.yaml:2:17: command[1]: is a list where text belongs"),
                Arguments.of(
                        "[java, -jar, /srv/ledger.jar, --port, 7000]",
                        "java 'x",
                        "s.yaml:2:10: command: the quotation that ' opens as character 6 does not end"),
                Arguments.of(
                        "[java, -jar, /srv/ledger.jar, --port, 7000]",
                        "java > /tmp/log",
                        "s.yaml:2:10: command: has '>' as character 6, but no shell runs the command"),
                Arguments.of(
                        "[java, -jar, /srv/ledger.jar, --port, 7000]",
                        "{run: java}",
                        "s.yaml:2:10: command: is a mapping of keys to values where a list belongs"));
    }

    @ParameterizedTest
    @MethodSource
    void oneMistake(String good, String bad, String expected) {
        assertThat(problemsOf(GOOD.replace(good, bad))).first().asString().startsWith(expected);
    }

    static Stream<Arguments> oneMistakeMore() {
        return Stream.of(
                Arguments.of("workingDirectory: srv", "5:19: workingDirectory: 'srv' is not an absolute path"),
                Arguments.of("environment: [A]", "5:14: environment: is a list where a mapping of keys"),
                Arguments.of("environment: {A: }", "5:17: environment.A: is nothing where text belongs: write \"\""),
                Arguments.of("environment: {1A: x}", "5:15: environment.1A: is not a name for a variable"),
                Arguments.of("environment: {A: {b: c}}", "5:18: environment.A: is a mapping of keys"),
                Arguments.of("limits: 3", "5:9: limits: is '3' (a whole number) where a mapping"),
                Arguments.of("limits: {memory: lots}", "5:18: limits.memory: 'lots' is not a size: write a number"),
                Arguments.of("limits: {memory: 512}", "5:18: limits.memory: '512' is not a size"),
                Arguments.of(
                        "limits: {memory: 512MB}",
                        "5:18: limits.memory: '512MB' is not a size: write a number with"
                                + " KiB, MiB or GiB, such as 512MiB"),
                Arguments.of("limits: {memory: 12B}", "5:18: limits.memory: '12B' is less than any program needs"),
                Arguments.of("limits: {memory: [1]}", "5:18: limits.memory: is a list: write a size"),
                Arguments.of("limits: {cpu: fast}", "5:15: limits.cpu: is 'fast' (text): write a number of processors"),
                Arguments.of("limits: {cpu: 0}", "5:15: limits.cpu: is '0' (a whole number): write a number"),
                Arguments.of("limits: {cpu: .nan}", "5:15: limits.cpu: is '.nan' (a number): write a number"),
                Arguments.of("limits: {processes: 1.5}", "5:21: limits.processes: is '1.5' (a number): write a whole"),
                Arguments.of("limits: {processes: -1}", "5:21: limits.processes: is -1: write a whole number from 1"),
                Arguments.of(
                        "limits: {openFiles: 99999999999}", "5:21: limits.openFiles: is 99999999999: write a whole"),
                Arguments.of(
                        "limits: {open_files: 99}",
                        "5:10: limits.open_files: is not a known key: do you mean openFiles?"),
                Arguments.of("node: Node A", "5:7: node: node name 'Node A' is not a valid name"),
                Arguments.of("nodes: node-a", "5:1: nodes: is not a known key: do you mean node?"),
                Arguments.of(
                        "replicas: 3",
                        "5:1: replicas: is not a known key: known are name, command, resource, parameters"),
                Arguments.of("name: again", "5:1: name: is given twice, first in line 1: remove one"),
                Arguments.of("node: !!java.net.URL [x]", "5:7: tag 'tag:yaml.org,2002:java.net.URL' is not allowed"),
                Arguments.of("node: !mine x", "5:7: tag '!mine' is not allowed here"),
                Arguments.of("? [a, b]\n: c", "5:3: a key must be a word"),
                Arguments.of("  node: x", "5:7: not valid YAML"),
                Arguments.of("node: 'x", "not valid YAML"),
                Arguments.of("node: *nowhere", "5:7: not valid YAML"),
                Arguments.of("---\nname: second", "not valid YAML"),
                Arguments.of("node: a\u0001", "5:8: character U+0001 is not allowed in YAML"),
                Arguments.of("\tnode: x", "not valid YAML"));
    }

    @ParameterizedTest
    @MethodSource
    void oneMistakeMore(String line, String expected) {
        assertThat(problemsOf(GOOD + line + "\n"))
                .first()
                .asString()
                .startsWith("s.yaml:")
                .contains(expected);
    }

    @Test
    void shouldReportEveryMistakeOfAFileInTheOrderOfItsLines() {
        assertThat(problemsOf("""
                        nmae: ledger
                        limit: {}
                        address: nowhere
                        command: [java, null]
                        limits:
                          memory: lots
                          cpus: 2
                        user: 12
                        """))
                .hasSize(8)
                .satisfiesExactly(
                        p -> assertThat(p).startsWith("s.yaml:1:1: name: is missing"),
                        p -> assertThat(p).startsWith("s.yaml:1:1: nmae: is not a known key: do you mean name?"),
                        p -> assertThat(p).startsWith("s.yaml:2:1: limit: is not a known key: do you mean limits?"),
                        p -> assertThat(p).startsWith("s.yaml:3:10: address: "),
                        p -> assertThat(p).startsWith("s.yaml:4:17: command[1]: "),
                        p -> assertThat(p).startsWith("s.yaml:6:11: limits.memory: "),
                        p -> assertThat(p).startsWith("s.yaml:7:3: limits.cpus: is not a known key: do you mean cpu?"),
                        p -> assertThat(p).startsWith("s.yaml:8:7: user: "));
    }

    @Test
    void shouldRefuseWhatIsNoMapping() {
        assertThat(problemsOf("- a"))
                .containsExactly("s.yaml:1:1: a service spec is a mapping of keys to values, but this is a list");
        assertThat(problemsOf("")).containsExactly("s.yaml:1:1: the file is empty");
        assertThat(problemsOf("# only a comment\n")).containsExactly("s.yaml:1:1: the file is empty");
    }

    @Test
    void shouldFollowAnAliasButNotABombOfThem() {
        assertThat(parse(GOOD + "environment: {A: &a x, B: *a}").environment()).containsEntry("B", "x");
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThat(problemsOf(bomb.toString())).hasSize(1);
        assertThat(problemsOf("a: &a [*a]")).hasSize(1);
        assertThat(problemsOf("[".repeat(5000))).hasSize(1);
    }

    @Test
    void shouldRefuseALargeFileWithoutReadingItAll() {
        byte[] large = new byte[DocumentText.BYTES_MAX + 1];
        assertThatThrownBy(() -> DocumentText.of("big.yaml", new ByteArrayInputStream(large)))
                .hasMessage("big.yaml:1:1: the file is larger than 1 MiB: this is not the file you mean");
    }

    @Test
    void shouldNameThePlaceOfAByteThatIsNotUtf8(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("latin.yaml");
        Files.write(file, "name: x\nnode: caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> SpecReader.read(file))
                .hasMessage(file + ":2:10: byte 0xe9 is not UTF-8: save the file as UTF-8");
    }

    @Test
    void shouldReadAFileWithAByteOrderMark(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("bom.yaml");
        Files.writeString(file, "\uFEFF" + GOOD);
        assertThat(SpecReader.read(file).name()).hasToString("ledger");
    }
}
