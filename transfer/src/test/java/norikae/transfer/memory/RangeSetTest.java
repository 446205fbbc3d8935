package norikae.transfer.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import norikae.linux.ProcessMemory.Range;

class RangeSetTest {

    private static final int UNIVERSE = 200;

    @Property
    void itAgreesWithASetOfSingleAddressesWhateverIsDoneToIt(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RangeSet set = new RangeSet();
        BitSet model = new BitSet();
        for (int step = 0; step < 60; step++) {
            Range range = range(random);
            if (random.nextBoolean()) {
                set.add(range);
                model.set((int) range.start(), (int) range.end());
            } else {
                set.remove(range);
                model.clear((int) range.start(), (int) range.end());
            }
            assertThat(set.ranges()).isEqualTo(runs(model, 0, UNIVERSE));
            assertThat(set.bytes()).isEqualTo(model.cardinality());
            Range asked = range(random);
            assertThat(set.within(asked)).isEqualTo(runs(model, (int) asked.start(), (int) asked.end()));
            assertThat(set.containsAll(asked)).isEqualTo(model.nextClearBit((int) asked.start()) >= asked.end());
            Range next = set.from(asked.start());
            int first = model.nextSetBit((int) asked.start());
            assertThat(next).isEqualTo(first < 0 ? null : new Range(first, model.nextClearBit(first)));
        }
    }

    private static Range range(SplittableRandom random) {
        int start = random.nextInt(UNIVERSE);
        return new Range(start, start + random.nextInt(UNIVERSE - start + 1));
    }

    private static List<Range> runs(BitSet model, int from, int to) {
        List<Range> runs = new ArrayList<>();
        for (int start = model.nextSetBit(from); start >= 0 && start < to; ) {
            int end = Math.min(model.nextClearBit(start), to);
            runs.add(new Range(start, end));
            start = model.nextSetBit(end);
        }
        return runs;
    }
}
