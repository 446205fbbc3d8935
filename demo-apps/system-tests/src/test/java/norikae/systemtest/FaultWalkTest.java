package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Every state of a move with every fault; the outcomes are a page of the documentation. With {@code
 * -Dnorikae.walk.only=REGEX} only the cells whose names match are walked, and no page is written.
 */
@Tag("system")
final class FaultWalkTest {

    private static FaultWalkScene scene;

    @BeforeAll
    static void boot() {
        scene = new FaultWalkScene();
    }

    @AfterAll
    static void end() {
        scene.close();
    }

    @TestFactory
    Stream<DynamicTest> whatever_fails_there_is_one_copy_and_nothing_is_left_behind() {
        String only = System.getProperty("norikae.walk.only", ".*");
        List<FaultWalkCell> cells = FaultWalkCell.all().stream()
                .filter(cell -> cell.expected() != FaultWalkCell.Outcome.NONE)
                .toList();
        Map<FaultWalkCell, FaultWalkCell.Outcome> outcomes = new LinkedHashMap<>();
        Stream<DynamicTest> walks = cells.stream()
                .filter(cell -> cell.toString().matches(only))
                .map(cell -> DynamicTest.dynamicTest(cell.toString(), () -> walk(cell, outcomes)));
        return Stream.concat(
                walks, Stream.of(DynamicTest.dynamicTest("the books agree, and the page is written", () -> {
                    scene.compareBooks();
                    if (outcomes.keySet().containsAll(cells)) {
                        FaultWalkTable.write(page(), outcomes);
                    }
                })));
    }

    private static void walk(FaultWalkCell cell, Map<FaultWalkCell, FaultWalkCell.Outcome> outcomes)
            throws InterruptedException {
        try {
            FaultWalkCell.Outcome outcome = scene.walk(cell);
            assertThat(outcome).isEqualTo(cell.expected());
            outcomes.put(cell, outcome);
        } catch (Throwable e) {
            scene.distrust();
            throw e;
        }
    }

    private static Path page() {
        Path top = Path.of("").toAbsolutePath();
        while (!Files.exists(top.resolve("docs/protocol.md"))) {
            top = java.util.Objects.requireNonNull(top.getParent(), "the project's docs folder is not above");
        }
        return top.resolve("docs/fault-walk.md");
    }
}
