package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.agent.api.v1.MoveResult;
import norikae.lab.demo.LedgerClients;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory arrives as it was: every page of the rebuilt tree is compared with the frozen one, move after move. */
@Tag("system")
@ExtendWith(LastWords.class)
class MemoryTest {

    private static final Pattern AUDIT = Pattern.compile("service=(\\S+) audit: (\\d+) pages, (\\d+) differ (.*)");

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster =
                TestCluster.boot("memory", "10.85.0", "-Dnorikae.move.audit=true", "-Dnorikae.move.stallMillis=20000");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-XX:+UseG1GC", "-XX:+UseParallelGC", "-XX:+UseSerialGC", "-XX:+UseZGC", "-XX:+UseShenandoahGC"})
    void aBankThatWritesAllTheTimeArrivesPageForPageUnderEachCollector(String collector) throws Exception {
        String service = "bank";
        List<String> command = cluster.ledger("160m", "server", "--port", "7000", "--ballast", "64m", "--dirty", "20m");
        command.add(1, collector);
        cluster.run(service, 60, "node-a", command);
        try (LedgerClients clients = LedgerClients.start(
                cluster.node("client"),
                cluster.java(),
                cluster.jar("norikae-ledger"),
                cluster.address(60) + ":7000",
                10)) {
            for (String target : List.of("node-b", "node-a", "node-b")) {
                clients.begin(target);
                moved(service, target);
                var _ = clients.end(target);
            }
            var books = clients.stop();
            assertThat(books.path("resets").asLong()
                            + books.path("lost").asLong()
                            + books.path("doubled").asLong())
                    .as("the clients' books: %s", books)
                    .isZero();
        } finally {
            cluster.stop(service);
        }
    }

    /** Mappings that come, go, move, are given back, fork and grow, each page with a checksum that the program verifies. */
    @Test
    void aProgramThatChangesItsMappingsAllTheTimeArrivesPageForPage() throws Exception {
        cluster.run("churn", 61, "node-a", List.of("/usr/bin/python3", "-u", "-c", Churn.PROGRAM));
        try {
            for (String target : List.of("node-b", "node-a", "node-b", "node-a")) {
                moved("churn", target);
                long rounds = Churn.rounds(cluster, "churn");
                TestCluster.await("the program goes on", () -> Churn.rounds(cluster, "churn") > rounds + 5);
            }
            assertThat(Churn.complaints(cluster, "churn")).isEmpty();
        } finally {
            cluster.stop("churn");
        }
    }

    private static void moved(String service, String target) throws IOException {
        int before = audits(service, target).size();
        MoveResult result = cluster.move(service, target);
        assertThat(result.getMoved())
                .as("move to %s: %s", target, result.getReason())
                .isTrue();
        List<Matcher> audits = audits(service, target);
        assertThat(audits).as("audits of %s", service).hasSize(before + 1);
        Matcher last = audits.getLast();
        System.out.println(
                service + " to " + target + ": " + last.group(2) + " pages compared, " + last.group(3) + " differ");
        // The kernel itself writes into one place of each thread's memory: on which processor it is.
        assertThat(last.group(4).replaceAll("process \\d+ page [0-9a-f]+ differs in 1 of 8 blocks(, )?", ""))
                .as("pages that differ")
                .isEqualTo("[]");
        assertThat(Long.parseLong(last.group(3))).as("threads").isLessThan(60);
        assertThat(Long.parseLong(last.group(2))).isGreaterThan(100);
    }

    private static List<Matcher> audits(String service, String node) throws IOException {
        List<Matcher> found = new ArrayList<>();
        for (String line : Files.readAllLines(cluster.node(node).agentLog())) {
            Matcher audit = AUDIT.matcher(line);
            if (audit.find() && audit.group(1).equals(service)) {
                found.add(audit);
            }
        }
        return found;
    }
}
