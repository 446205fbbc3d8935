package norikae.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class FrameCodecPropertyTest {

    private static final PooledByteBufAllocator POOL = new PooledByteBufAllocator(true);

    @Property(tries = 300)
    void everyFrameComesBackAsItWasHoweverTheBytesAreCutAndPacked(
            @ForAll("frames") List<Frame> frames,
            @ForAll boolean compress,
            @ForAll @IntRange(min = 1, max = 70_000) int cut)
            throws Exception {
        FrameWriter writer = new FrameWriter(POOL, compress);
        FrameReader reader = new FrameReader(POOL);
        ByteBuf wire = POOL.directBuffer();
        for (Frame frame : frames) {
            ByteBuf bytes = writer.write(frame);
            wire.writeBytes(bytes);
            bytes.release();
        }
        int total = wire.readableBytes();

        List<Frame> back = new ArrayList<>();
        ByteBuf arrived = POOL.directBuffer();
        while (wire.isReadable()) {
            arrived.writeBytes(wire, Math.min(cut, wire.readableBytes()));
            Frame frame = reader.read(arrived);
            while (frame != null) {
                back.add(frame);
                frame = reader.read(arrived);
            }
        }
        reader.end(arrived);

        assertThat(back).isEqualTo(frames);
        assertThat(reader.streamOffset()).isEqualTo(total);
        back.forEach(Frame::release);
        wire.release();
        arrived.release();
        assertThat(POOL.pinnedDirectMemory()).isZero();
    }

    @Property(tries = 300)
    void aFlippedBitIsNeverTakenForAFrame(@ForAll("frame") Frame frame, @ForAll boolean compress, @ForAll long seed) {
        ByteBuf bytes = new FrameWriter(POOL, compress).write(frame);
        Random random = new Random(seed);
        int at = random.nextInt(bytes.readableBytes());
        bytes.setByte(at, bytes.getByte(at) ^ (1 << random.nextInt(8)));

        Frame taken = null;
        try {
            FrameReader reader = new FrameReader(POOL);
            taken = reader.read(bytes);
            if (taken == null) {
                reader.end(bytes);
            }
        } catch (WireFormatException expected) {
            assertThat(expected).hasMessageContaining("at byte");
        }

        assertThat(taken).isNull();
        bytes.release();
        assertThat(POOL.pinnedDirectMemory()).isZero();
    }

    @Provide
    Arbitrary<List<Frame>> frames() {
        return frame().list().ofMinSize(1).ofMaxSize(6);
    }

    @Provide
    Arbitrary<Frame> frame() {
        Arbitrary<String> names = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withChars('-', '_', 'é', '駅', ' ')
                .ofMinLength(1)
                .ofMaxLength(255);
        Arbitrary<String> texts = Arbitraries.strings().withCharRange(' ', 'ÿ').ofMaxLength(1000);
        Arbitrary<SpaceKind> kinds = Arbitraries.of(SpaceKind.class);
        Arbitrary<Long> addresses = Arbitraries.longs()
                .between(0, (Long.MAX_VALUE >> 12) - (1L << 30))
                .map(page -> page << 12);
        Arbitrary<Totals> totals = Combinators.combine(
                        Arbitraries.longs(), Arbitraries.longs(), Arbitraries.longs(), Arbitraries.longs())
                .as(Totals::new);
        return Arbitraries.oneOf(
                Combinators.combine(names, names, Arbitraries.longs(), names).as(Frame.Hello::new),
                Arbitraries.just(new Frame.Welcome()),
                Combinators.combine(Arbitraries.of(RefusalCode.class), texts).as(Frame.Refused::new),
                Combinators.combine(kinds, Arbitraries.longs(), addresses, contents(true))
                        .as(Frame.Pages::new),
                Combinators.combine(
                                kinds,
                                Arbitraries.longs(),
                                addresses,
                                Arbitraries.longs().between(1, 1 << 20))
                        .as(Frame.ZeroPages::new),
                Combinators.combine(names, Arbitraries.longs().between(0, 1L << 50), contents(false))
                        .as(Frame.FileChunk::new),
                totals.map(Frame.ImagesComplete::new),
                totals.map(Frame.Received::new),
                texts.map(Frame.Failed::new),
                texts.map(Frame.Abort::new));
    }

    /** From all alike to all random. */
    private static Arbitrary<ByteBuf> contents(boolean pages) {
        Arbitrary<Integer> sizes = pages
                ? Arbitraries.integers().between(1, 32).map(n -> n * WireFormat.PAGE_BYTES)
                : Arbitraries.integers().between(0, 100_000);
        return Combinators.combine(
                        sizes, Arbitraries.longs(), Arbitraries.integers().between(1, 256))
                .as((size, seed, values) -> {
                    Random random = new Random(seed);
                    byte[] bytes = new byte[size];
                    for (int i = 0; i < size; i++) {
                        bytes[i] = (byte) random.nextInt(values);
                    }
                    return Unpooled.wrappedBuffer(bytes);
                });
    }
}
