package norikae.fencing.pill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PillFencerTest {

    private static final Pace PACE = Server.pace(50);
    private static final PillTimeouts TIMES = new PillTimeouts(5, 0, 1, 10);
    private static final long MAILBOX = 1024;

    private final FaultyDisk disk;
    private final FaultyDisk second;
    private final FaultyDisk third;

    PillFencerTest(@TempDir Path directory) throws IOException {
        disk = new FaultyDisk(directory.resolve("disk"));
        second = new FaultyDisk(directory.resolve("second"));
        third = new FaultyDisk(directory.resolve("third"));
    }

    @BeforeEach
    void slotFilesKnowTheServer() throws Exception {
        for (FaultyDisk each : List.of(disk, second, third)) {
            try (PillDisk open = PillDisk.create(each.path(), TIMES)) {
                assertThat(open.allocate("node-a").number()).isZero();
            }
        }
    }

    @Test
    void anOrderThatLayThereForMsgwaitIsProof() throws Exception {
        long before = System.nanoTime();
        FencingResult result = fencer(disk).stop(Waiting.PATIENCE);
        assertThat(result).isInstanceOfSatisfying(FencingResult.Confirmed.class, confirmed -> {
            assertThat(confirmed.kind()).isEqualTo(ProofKind.WATCHDOG_ELAPSED);
            assertThat(confirmed.how()).contains("node-a", disk.path().toString(), "'reset'");
        });
        assertThat(System.nanoTime() - before).as("never sooner").isGreaterThanOrEqualTo(PACE.nanos(10));
        assertThat(mail(disk)).isEqualTo(new PillMail(2, "node-b"));
    }

    @Test
    void impatienceIsNoProofButTheOrderIsGiven() throws Exception {
        FencingResult result = fencer(disk).stop(PACE.of(5));
        assertThat(why(result)).contains("has held the order for").contains("be more patient");
        assertThat(mail(disk)).isEqualTo(new PillMail(2, "node-b"));
    }

    @Test
    void theNextAttemptBeginsWhereAnImpatientOneEnded() throws Exception {
        PillFencer fencer = fencer(disk);
        assertThat(why(fencer.stop(Duration.ofMillis(100)))).contains("be more patient");
        assertThat(fencer.stop(Waiting.PATIENCE)).isInstanceOf(FencingResult.Confirmed.class);
        assertThat(fencer.check(Waiting.PATIENCE).detail()).contains("holds reset from node-b");
    }

    @Test
    void aServerWithoutASlotIsNotFenced() throws Exception {
        PillFencer fencer = new PillFencer(List.of(disk.path()), "node-x", PillMessage.OFF, "node-b", disk, PACE);
        assertThat(why(fencer.stop(Waiting.PATIENCE)))
                .contains("no slot for node-x")
                .contains("allocate node-x");
        assertThat(fencer.check(Waiting.PATIENCE).ready()).isFalse();
    }

    @Test
    void aDiskThatHangsOrFailsIsNoProof() throws Exception {
        PillFencer fencer = fencer(disk);
        disk.hang();
        assertThat(why(fencer.stop(Duration.ofMillis(200)))).contains("does not answer");
        assertThat(why(fencer.stop(Duration.ofMillis(200))))
                .as("no second thread is lost")
                .contains("or hangs");
        disk.wake();
        Waiting.until("it answers again", () -> fencer.check(Waiting.PATIENCE).ready());
        assertThat(mail(disk).code())
                .as("late orders of attempts that were given up")
                .isZero();
        disk.fail(true);
        assertThat(why(fencer.stop(Waiting.PATIENCE))).contains("input/output error");
    }

    @Test
    void threeDisksNeedTwoAndTwoNeedBoth() throws Exception {
        third.fail(true);
        PillFencer ofThree = new PillFencer(
                List.of(disk.path(), second.path(), third.path()),
                "node-a",
                PillMessage.OFF,
                "node-b",
                this::open,
                PACE);
        assertThat(ofThree.check(Waiting.PATIENCE).ready()).isTrue();
        assertThat(ofThree.stop(Waiting.PATIENCE))
                .isInstanceOfSatisfying(FencingResult.Confirmed.class, confirmed -> assertThat(confirmed.how())
                        .contains("2 of 3 disks"));
        PillFencer ofTwo = new PillFencer(
                List.of(disk.path(), third.path()), "node-a", PillMessage.OFF, "node-b", this::open, PACE);
        assertThat(why(ofTwo.stop(Waiting.PATIENCE))).contains("input/output error");
        assertThat(ofTwo.check(Waiting.PATIENCE).ready()).isFalse();
    }

    @Test
    void anOrderThatItsReaderWipedByAccidentIsGivenAgain() throws Exception {
        AtomicInteger wipes = new AtomicInteger(1);
        wipeOnce(wipes);
        long before = System.nanoTime();
        assertThat(fencer(disk).stop(Waiting.PATIENCE)).isInstanceOf(FencingResult.Confirmed.class);
        assertThat(wipes).hasValue(0);
        assertThat(mail(disk)).isEqualTo(new PillMail(2, "node-b"));
        assertThat(System.nanoTime() - before).as("counted anew").isGreaterThanOrEqualTo(PACE.nanos(10));

        wipes.set(2);
        assertThat(why(fencer(disk).stop(Waiting.PATIENCE))).contains("replaced twice");
    }

    /** As a reader does that has read a test message just before the order came. */
    private void wipeOnce(AtomicInteger wipes) {
        disk.afterWrite(offset -> {
            if (offset == MAILBOX && mailOrFail().code() == PillMessage.RESET.code() && wipes.get() > 0) {
                Thread.ofPlatform().daemon().start(() -> {
                    // After it was read back, or that would have told already.
                    LockSupport.parkNanos(PACE.nanos(1) / 5);
                    try (PillDisk open = PillDisk.open(disk.path())) {
                        open.clear(new PillSlot(0, "node-a"));
                        wipes.decrementAndGet();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
            }
        });
    }

    @Test
    void aServerThatBootedMeanwhileHasObeyed() throws Exception {
        disk.afterWrite(offset -> {
            if (offset == MAILBOX) {
                disk.afterWrite(null);
                try (PillDisk open = PillDisk.open(disk.path())) {
                    assertThat(open.find("node-a")).isPresent();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                Thread.ofPlatform().daemon().start(() -> {
                    LockSupport.parkNanos(PACE.nanos(1) / 5);
                    try (Server rebooted = new Server(
                            "node-a", PillWatcher.Leftover.CLEAR, Server.pace(1000), Sectors::raw, disk.path())) {
                        assertThat(rebooted.told).isEmpty();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                });
            }
        });
        assertThat(fencer(disk).stop(Waiting.PATIENCE)).isInstanceOf(FencingResult.Confirmed.class);
        assertThat(mail(disk)).as("not fenced again").isEqualTo(new PillMail(0, PillMail.FROM_BOOT));
    }

    @Test
    void checkingChangesNothingAndTellsWhatIsThere() throws Exception {
        assertThat(fencer(disk).check(Waiting.PATIENCE).detail()).contains("slot 0 holds clear, msgwait 10 s");
        assertThat(mail(disk)).isEqualTo(new PillMail(0, ""));
    }

    @Test
    void timesThatProveNothingAreRefused() throws Exception {
        byte[] weak = new PillHeader(255, 512, new PillTimeouts(5, 0, 1, 9), new UUID(1, 2)).encode();
        try (Sectors sectors = Sectors.raw(disk.path())) {
            sectors.write(0, weak);
        }
        assertThat(why(fencer(disk).stop(Waiting.PATIENCE))).contains("less than twice the watchdog time");
        assertThat(mail(disk).code()).isZero();
    }

    private Sectors open(Path path) throws IOException {
        for (FaultyDisk each : List.of(disk, second, third)) {
            if (each.path().equals(path)) {
                return each.open(path);
            }
        }
        throw new IOException("no such disk: " + path);
    }

    private static PillFencer fencer(FaultyDisk disk) {
        return new PillFencer(List.of(disk.path()), "node-a", PillMessage.RESET, "node-b", disk, PACE);
    }

    private static String why(FencingResult result) {
        return switch (result) {
            case FencingResult.Unproven unproven -> unproven.why();
            case FencingResult.Confirmed confirmed -> throw new AssertionError("confirmed: " + confirmed.how());
        };
    }

    private PillMail mailOrFail() {
        try {
            return mail(disk);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PillMail mail(FaultyDisk disk) throws IOException {
        try (PillDisk open = PillDisk.open(disk.path())) {
            return open.read(open.find("node-a").orElseThrow());
        }
    }
}
