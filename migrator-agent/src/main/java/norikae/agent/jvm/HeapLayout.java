package norikae.agent.jvm;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;

/**
 * What HotSpot's {@code GC.heap_info} says of a heap.
 *
 * @param usedBytes objects, living and dead; 0 if it is not said
 * @param unused whole pages above the last object of each space: the JVM writes them before it reads them. Only the
 *     collectors with contiguous spaces, Serial and Parallel, say where theirs are.
 */
record HeapLayout(Collector collector, long usedBytes, List<Range> unused) {

    /** The collectors that ship with OpenJDK. */
    enum Collector {
        SERIAL,
        PARALLEL,
        G1,
        SHENANDOAH,
        Z,
        UNKNOWN
    }

    private static final String ADDRESS = "0x([0-9a-f]{1,16})";

    /** Bottom, top, in old JDKs a bound of the offset table, and end. */
    private static final Pattern SPACE = Pattern.compile("\\s*(?:eden|from|to|object|the) +space .*\\[" + ADDRESS
            + ", ?" + ADDRESS + ",(?: ?" + ADDRESS + ",)? ?" + ADDRESS + "\\)\\s*");

    private static final Pattern GENERATION = Pattern.compile(
            "\\s*(garbage-first heap|PSYoungGen|ParOldGen|def new generation|DefNew|tenured generation|Tenured)\\b.*?"
                    + "used (\\d{1,15})K.*");

    /** Never fails: of a heap that it does not know it says that nothing is unused. */
    static HeapLayout parse(String text) {
        List<Range> unused = new ArrayList<>();
        long used = 0;
        for (String line : text.split("\n")) {
            Matcher space = SPACE.matcher(line);
            if (space.matches()) {
                unusedOf(space, unused);
            }
            Matcher generation = GENERATION.matcher(line);
            if (generation.matches()) {
                used += Long.parseLong(generation.group(2)) << 10;
            }
        }
        Collector collector = collector(text);
        boolean contiguous = (collector == Collector.SERIAL || collector == Collector.PARALLEL)
                && !text.contains(
                        "lgrp"); // of a space that is split by NUMA node, the last word is not the whole truth
        return new HeapLayout(collector, used, contiguous ? List.copyOf(unused) : List.of());
    }

    private static void unusedOf(Matcher space, List<Range> unused) {
        long bottom = Long.parseUnsignedLong(space.group(1), 16);
        long top = Long.parseUnsignedLong(space.group(2), 16);
        long end = Long.parseUnsignedLong(space.group(4), 16);
        long page = ProcessMemory.PAGE_BYTES;
        long from = (top + page - 1) / page * page;
        long to = end / page * page;
        if (bottom >= 0 && bottom <= top && from < to) {
            unused.add(new Range(from, to));
        }
    }

    private static Collector collector(String text) {
        if (text.contains("garbage-first heap")) {
            return Collector.G1;
        } else if (text.contains("PSYoungGen")) {
            return Collector.PARALLEL;
        } else if (text.contains("def new generation") || text.contains("DefNew")) {
            return Collector.SERIAL;
        } else if (text.contains("Shenandoah")) {
            return Collector.SHENANDOAH;
        } else if (text.contains("ZHeap") || text.contains("Z Heap")) {
            return Collector.Z;
        }
        return Collector.UNKNOWN;
    }

    long unusedBytes() {
        return unused.stream().mapToLong(Range::bytes).sum();
    }
}
