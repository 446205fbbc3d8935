package norikae.agent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import norikae.agent.jvm.HeapLayout.Collector;
import norikae.linux.ProcessMemory.Range;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The texts are what the JDKs print. */
class HeapLayoutTest {

    private static final String SERIAL_17 = """
             def new generation   total 116224K, used 40K [0x00000000c0000000, 0x00000000c7e10000, 0x00000000d5550000)
              eden space 103360K,   0% used [0x00000000c0000000, 0x00000000c000a001, 0x00000000c64f0000)
              from space 12864K,   0% used [0x00000000c64f0000, 0x00000000c64f0000, 0x00000000c7180000)
              to   space 12864K,   0% used [0x00000000c7180000, 0x00000000c7180000, 0x00000000c7e10000)
             tenured generation   total 258052K, used 102991K [0x00000000d5550000, 0x00000000e5151000, 0x0000000100000000)
               the space 258052K,  39% used [0x00000000d5550000, 0x00000000db9e3c10, 0x00000000db9e3e00, 0x00000000e5151000)
             Metaspace       used 143K, committed 384K, reserved 1114112K
              class space    used 4K, committed 128K, reserved 1048576K
            """;

    private static final String PARALLEL_25 = """
            PSYoungGen      total 210432K, used 0K [0x00000000eab00000, 0x0000000100000000, 0x0000000100000000)
             eden space 194560K, 0% used [0x00000000eab00000,0x00000000eab00000,0x00000000f6900000)
             from space 15872K, 0% used [0x00000000f6900000,0x00000000f6900000,0x00000000f7880000)
             to   space 15872K, 0% used [0x00000000ff080000,0x00000000ff080000,0x0000000100000000)
            ParOldGen       total 371200K, used 103779K [0x00000000c0000000, 0x00000000d6a80000, 0x00000000eab00000)
             object space 371200K, 27% used [0x00000000c0000000,0x00000000c6558ed8,0x00000000d6a80000)
            """;

    private static final String G1_25 = """
            garbage-first heap   total reserved 1048576K, committed 107520K, used 104075K [0x00000000c0000000, 0x0000000100000000)
             region size 1024K, 0 young (0K), 0 survivors (0K)
            """;

    @Test
    void aSerialHeapIsUnusedAboveTheTopOfEachSpace() {
        HeapLayout heap = HeapLayout.parse(SERIAL_17);
        assertThat(heap.collector()).isEqualTo(Collector.SERIAL);
        assertThat(heap.usedBytes()).isEqualTo((40L + 102_991) << 10);
        assertThat(heap.unused())
                .containsExactly(
                        new Range(0xc000b000L, 0xc64f0000L),
                        new Range(0xc64f0000L, 0xc7180000L),
                        new Range(0xc7180000L, 0xc7e10000L),
                        new Range(0xdb9e4000L, 0xe5151000L));
    }

    @Test
    void soIsAParallelHeap() {
        HeapLayout heap = HeapLayout.parse(PARALLEL_25);
        assertThat(heap.collector()).isEqualTo(Collector.PARALLEL);
        assertThat(heap.usedBytes()).isEqualTo(103_779L << 10);
        assertThat(heap.unused())
                .containsExactly(
                        new Range(0xeab00000L, 0xf6900000L),
                        new Range(0xf6900000L, 0xf7880000L),
                        new Range(0xff080000L, 0x100000000L),
                        new Range(0xc6559000L, 0xd6a80000L));
    }

    @Test
    void g1DoesNotSayWhereItsFreeRegionsAre() {
        HeapLayout heap = HeapLayout.parse(G1_25);
        assertThat(heap).isEqualTo(new HeapLayout(Collector.G1, 104_075L << 10, List.of()));
    }

    @Test
    void aSpaceThatIsSplitByNumaNodeIsNotBelieved() {
        assertThat(HeapLayout.parse(PARALLEL_25 + "    lgrp 0 space 1024K, 1% used [0x1,0x1,0x2)\n")
                        .unused())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ZHeap           used 12M, capacity 64M, max capacity 1024M",
                "def new generation\n eden space 1K, 0% used [0xffffffffffffffff, 0xffffffffffffffff, 0x0)",
                "def new generation\n eden space 1K, 0% used [0x2000, 0x1000, 0x9000)",
                "def new generation\n eden space 1K, 0% used [0x1000, 0x1000, 0x11223344556677889900)"
            })
    void whatIsNotUnderstoodIsNotUnused(String text) {
        assertThat(HeapLayout.parse(text).unused()).isEmpty();
    }
}
