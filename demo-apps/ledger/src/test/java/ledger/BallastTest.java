package ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class BallastTest {
    @Test
    void fillsTheHeapWithAboutWhatWasAsked() {
        Runtime runtime = Runtime.getRuntime();
        long before = usedAfterCollection(runtime);
        try (Ballast ballast = new Ballast(64L << 20, 0)) {
            long grown = usedAfterCollection(runtime) - before;
            assertThat(ballast.bytes()).isEqualTo(64L << 20);
            assertThat(grown).isBetween(60L << 20, 76L << 20);
        }
    }

    private static long usedAfterCollection(Runtime runtime) {
        System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void noticesASingleBitThatChanged() {
        try (Ballast ballast = new Ballast(1 << 20, 0)) {
            assertThat(ballast.check()).isEqualTo(new Ballast.Check(16, 0));
            ballast.damage(3, 4711);
            ballast.damage(5, 0);
            assertThat(ballast.check()).isEqualTo(new Ballast.Check(16, 2));
        }
    }

    @Test
    void staysSoundWhileItIsRewritten() {
        try (Ballast ballast = new Ballast(1 << 20, 200L << 20)) {
            while (ballast.rewrittenBytes() < 4 << 20) {
                assertThat(ballast.check().faults()).isZero();
            }
        }
    }

    @Test
    void refusesASizeThatTheHeapCannotHold() {
        Ballast.checkFits(0, 8 << 20);
        Ballast.checkFits(200L << 20, 256L << 20);
        assertThatThrownBy(() -> Ballast.checkFits(200L << 20, 128L << 20))
                .isInstanceOf(Arguments.UsageException.class)
                .hasMessage("--ballast of 200 MiB does not fit into the heap of 128 MiB; give java -Xmx298m");
    }

    @Test
    void compressesLikeDataNotLikeZeroesAndNotLikeNoise() {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        try (Ballast ballast = new Ballast(1 << 20, 0)) {
            byte[] out = new byte[2 << 20];
            long packed = 0;
            for (int i = 0; i < 16; i++) {
                deflater.reset();
                deflater.setInput(ballast.copyOfChunk(i));
                deflater.finish();
                packed += deflater.deflate(out);
            }
            assertThat((double) ballast.bytes() / packed).isBetween(1.3, 3.0);
        } finally {
            deflater.end();
        }
    }
}
