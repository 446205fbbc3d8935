package ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class LedgerClientTest {
    private static LedgerClient.Options options(int port, int connections, int pipeline) {
        return new LedgerClient.Options(
                "127.0.0.1",
                port,
                connections,
                Duration.ofMillis(1),
                0,
                pipeline,
                Duration.ofSeconds(10),
                Duration.ofMillis(300));
    }

    private static Figures await(LedgerClient client, Predicate<Figures> condition) throws IOException {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        Figures figures = client.windowSoFar();
        while (!condition.test(figures)) {
            assertThat(System.nanoTime()).as("still waiting; last: %s", figures).isLessThan(end);
            figures = client.windowSoFar();
        }
        return figures;
    }

    private static Summary run(FalseBank bank, int connections, int pipeline, long answers) throws IOException {
        try (LedgerClient client = LedgerClient.start(options(bank.port(), connections, pipeline))) {
            await(client, figures -> figures.counts().answers() >= answers);
            return client.stop();
        }
    }

    @Test
    void findsNothingWrongWithAnHonestBank() throws IOException {
        try (LedgerServer server = LedgerServer.start(new LedgerServer.Options(0, 5, 0, 0));
                LedgerClient client = LedgerClient.start(options(server.port(), 100, 3))) {
            await(client, figures -> figures.counts().answers() >= 5_000);
            Summary summary = client.stop();
            assertThat(summary.isClean()).as(summary.toText()).isTrue();
            assertThat(summary.total().waiting()).isZero();
            assertThat(summary.total().counts().requests())
                    .isEqualTo(summary.total().counts().answers());
            assertThat(summary.audit())
                    .isNotNull()
                    .extracting(Audit::transfers)
                    .isEqualTo(summary.total().counts().acknowledged());
        }
    }

    @Test
    void keepsToItsRate() throws IOException {
        LedgerClient.Options paced = new LedgerClient.Options(
                "127.0.0.1", 0, 10, Duration.ZERO, 50, 1, Duration.ofSeconds(5), Duration.ofSeconds(5));
        try (LedgerServer server = LedgerServer.start(new LedgerServer.Options(0, 0, 0, 0));
                LedgerClient client = LedgerClient.start(new LedgerClient.Options(
                        paced.host(),
                        server.port(),
                        paced.connections(),
                        paced.think(),
                        paced.rate(),
                        paced.pipeline(),
                        paced.connectWithin(),
                        paced.drain()))) {
            Figures figures = await(client, it -> it.seconds() > 1);
            assertThat(figures.counts().requests() / figures.seconds()).isBetween(200.0, 520.0);
        }
    }

    @Test
    void countsAnAnswerThatNeverCameAsLost() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            String truth = books.honest(request);
            return count.incrementAndGet() == 50 ? List.of() : List.of(truth);
        })) {
            Summary summary = run(bank, 4, 1, 200);
            assertThat(summary.lost()).isEqualTo(1);
            assertThat(summary.doubled()).isZero();
            assertThat(summary.isClean()).isFalse();
            assertThat(summary.toText()).contains("never answered: 1").contains("lost 1,");
        }
    }

    @Test
    void countsWhatWasAcknowledgedAndNotDoneAsLost() throws IOException {
        FalseBank.Books shown = new FalseBank.Books();
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = new FalseBank((request, books) -> {
            boolean forgotten = request.startsWith("TRANSFER") && count.incrementAndGet() > 100;
            String truth = forgotten ? "" : books.honest(request);
            return List.of(request.startsWith("AUDIT") ? truth : shown.honest(request));
        })) {
            Summary summary = run(bank, 4, 1, 200);
            assertThat(summary.lost()).isEqualTo(summary.total().counts().acknowledged() - 100);
            assertThat(summary.isClean()).isFalse();
        }
    }

    @Test
    void countsABankThatFellBackToAnOlderStateAsLoss() throws IOException {
        FalseBank.Books older = new FalseBank.Books();
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = new FalseBank((request, books) -> {
            if (request.startsWith("TRANSFER")) {
                count.incrementAndGet();
            }
            boolean fallenBack = count.get() > 100;
            if (!fallenBack && !(request.startsWith("TRANSFER") && count.get() > 90)) {
                older.honest(request);
            }
            return List.of(fallenBack ? older.honest(request) : books.honest(request));
        })) {
            Summary summary = run(bank, 1, 1, 200);
            assertThat(summary.lost()).isEqualTo(10);
            assertThat(summary.total().counts().errors()).isEqualTo(1);
            assertThat(summary.toText()).contains("ERR sequence").contains("acknowledged but not done: 10");
        }
    }

    @Test
    void countsAnAnswerThatCameTwiceAsDoubled() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            String truth = books.honest(request);
            return count.incrementAndGet() == 50 ? List.of(truth, truth) : List.of(truth);
        })) {
            Summary summary = run(bank, 4, 1, 200);
            assertThat(summary.doubled()).isEqualTo(1);
            assertThat(summary.lost()).isZero();
            assertThat(summary.total().counts().mismatched()).isZero();
        }
    }

    @Test
    void countsARequestThatReachedTheBankTwiceAsDoubled() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            String truth = books.honest(request);
            return count.incrementAndGet() == 50 ? List.of(truth, books.honest(request)) : List.of(truth);
        })) {
            Summary summary = run(bank, 4, 1, 200);
            assertThat(summary.doubled()).isEqualTo(1);
            assertThat(summary.audit())
                    .isNotNull()
                    .extracting(Audit::duplicates)
                    .isEqualTo(1L);
        }
    }

    @Test
    void countsWhatWasDoneTwiceAsDoubled() throws IOException {
        AtomicInteger audits = new AtomicInteger();
        try (FalseBank bank = new FalseBank((request, books) -> {
            String truth = books.honest(request);
            if (request.startsWith("AUDIT")) {
                audits.incrementAndGet();
                int colon = truth.lastIndexOf(':');
                long applied = Long.parseLong(truth.substring(colon + 1));
                truth = truth.substring(0, colon + 1) + (applied + 2);
            }
            return List.of(truth);
        })) {
            Summary summary = run(bank, 1, 1, 20);
            assertThat(audits).hasValue(1);
            assertThat(summary.doubled()).isEqualTo(2);
            assertThat(summary.lost()).isZero();
        }
    }

    @Test
    void countsAnswersInTheWrongOrder() throws IOException {
        List<String> heldBack = new ArrayList<>();
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            String truth = books.honest(request);
            if (count.incrementAndGet() == 50) {
                heldBack.add(truth);
                return List.of();
            }
            List<String> answers = new ArrayList<>(List.of(truth));
            answers.addAll(heldBack);
            heldBack.clear();
            return answers;
        })) {
            Summary summary = run(bank, 1, 4, 200);
            assertThat(summary.total().counts().outOfOrder()).isPositive();
            assertThat(summary.lost()).isZero();
            assertThat(summary.doubled()).isZero();
            assertThat(summary.isClean()).isFalse();
        }
    }

    @Test
    void countsWrongBalancesAndAnswersOfOthersAsMismatched() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            String truth = books.honest(request);
            return List.of(
                    switch (count.incrementAndGet()) {
                        case 50 -> truth + "1";
                        case 60 -> truth + "\nnonsense";
                        case 70 -> truth + "\nOK somebody-else 1 5 6 7";
                        default -> truth;
                    });
        })) {
            Summary summary = run(bank, 2, 1, 200);
            assertThat(summary.total().counts().mismatched()).isEqualTo(3);
            assertThat(summary.toText()).contains("wrong answer: 'nonsense'");
        }
    }

    @Test
    void countsLostConnectionsAndGoesOnWithANewOne() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            String truth = books.honest(request);
            return List.of(count.incrementAndGet() == 50 ? FalseBank.HANG_UP : truth);
        })) {
            Summary summary = run(bank, 2, 1, 200);
            assertThat(summary.total().counts().resets()).isEqualTo(1);
            assertThat(summary.lost()).isZero();
            assertThat(summary.doubled()).isZero();
            assertThat(summary.isClean()).isFalse();
        }
    }

    @Test
    void saysWhenTheBooksDoNotBalance() throws IOException {
        try (FalseBank bank =
                new FalseBank((request, books) -> List.of(books.honest(request).replaceFirst("sum=\\d+", "sum=7")))) {
            Summary summary = run(bank, 2, 1, 20);
            assertThat(summary.isClean()).isFalse();
            assertThat(summary.toText()).contains("balances DIFFER FROM deposits");
        }
    }

    @Test
    void noticesAStalledServerAndInWhichWindowItStalled() throws IOException {
        AtomicInteger stallNow = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> {
            if (stallNow.getAndSet(0) == 1) {
                Thread.sleep(400);
            }
            return List.of(books.honest(request));
        })) {
            try (LedgerClient client = LedgerClient.start(options(bank.port(), 10, 1))) {
                await(client, figures -> figures.counts().answers() >= 100);
                Figures start = client.mark("stalled");
                Instant before = Instant.now();
                stallNow.set(1);
                Figures inStall = await(client, figures -> Figures.millis(figures.silence()) >= 390);
                long answersBefore = inStall.counts().answers();
                await(client, figures -> figures.counts().answers() >= answersBefore + 50);
                Figures stalled = client.mark("after");
                await(client, figures -> figures.counts().answers() >= 100);
                Figures after = client.mark("end");

                assertThat(start.window()).isEqualTo("start");
                assertThat(Figures.millis(start.pause())).isLessThan(300);
                assertThat(stalled.window()).isEqualTo("stalled");
                assertThat(Figures.millis(stalled.pause())).isBetween(390.0, 2000.0);
                assertThat(Figures.millis(stalled.gap())).isGreaterThanOrEqualTo(390.0);
                Figures.Gap pause = Objects.requireNonNull(stalled.pause());
                assertThat(pause.from()).isBetween(before.minusMillis(100), before.plusSeconds(2));
                assertThat(stalled.pauseNanosPerConnection()).hasSize(10);
                assertThat(stalled.pauseMedianNanos()).isGreaterThan(350_000_000L);
                assertThat(Figures.millis(after.pause())).isLessThan(300);
                assertThat(Figures.millis(client.stop().total().pause())).isGreaterThanOrEqualTo(390.0);
            }
        }
    }

    @Test
    void countsAWaitThatHasNotEndedYet() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FalseBank bank = FalseBank.lyingAboutTransfers(
                (request, books) -> count.incrementAndGet() == 20 ? List.of() : List.of(books.honest(request)))) {
            try (LedgerClient client = LedgerClient.start(options(bank.port(), 2, 1))) {
                Figures figures = await(client, it -> Figures.millis(it.pause()) > 200);
                assertThat(figures.waiting()).isPositive();
                assertThat(Figures.millis(figures.silence())).isLessThan(200);
            }
        }
    }

    @Test
    void saysWhyTheBankCannotBeReached() throws IOException {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        LedgerClient.Options options = new LedgerClient.Options(
                "127.0.0.1", nobody, 3, Duration.ZERO, 0, 1, Duration.ofMillis(200), Duration.ZERO);
        assertThatThrownBy(() -> LedgerClient.start(options))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("only 0 of 3 connections to 127.0.0.1:" + nobody
                        + " were open after 200 ms: Connection refused");
    }
}
