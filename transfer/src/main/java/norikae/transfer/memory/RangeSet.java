package norikae.transfer.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import norikae.linux.ProcessMemory.Range;
import org.jspecify.annotations.Nullable;

/** A set of addresses, kept as ranges that neither touch nor overlap. Not thread-safe. */
public final class RangeSet {

    private final NavigableMap<Long, Long> ends = new TreeMap<>(); // by start
    private long bytes;

    public RangeSet() {}

    public RangeSet(RangeSet other) {
        ends.putAll(other.ends);
        bytes = other.bytes;
    }

    public void add(Range range) {
        if (range.bytes() == 0) {
            return;
        }
        long start = range.start();
        long end = range.end();
        Map.Entry<Long, Long> before = ends.floorEntry(start);
        if (before != null && before.getValue() >= start) {
            if (before.getValue() >= end) {
                return;
            }
            start = before.getKey();
        }
        for (Map.Entry<Long, Long> next = ends.ceilingEntry(start);
                next != null && next.getKey() <= end;
                next = ends.ceilingEntry(start)) {
            end = Math.max(end, next.getValue());
            bytes -= next.getValue() - next.getKey();
            ends.remove(next.getKey());
        }
        ends.put(start, end);
        bytes += end - start;
    }

    public void addAll(Iterable<Range> ranges) {
        ranges.forEach(this::add);
    }

    public void remove(Range range) {
        for (Range part : within(range)) {
            long start = part.start();
            Map.Entry<Long, Long> holder = ends.floorEntry(start);
            long end = holder.getValue();
            if (holder.getKey() < start) {
                ends.put(holder.getKey(), start);
            } else {
                ends.remove(start);
            }
            if (end > part.end()) {
                ends.put(part.end(), end);
            }
            bytes -= part.bytes();
        }
    }

    public void removeAll(Iterable<Range> ranges) {
        ranges.forEach(this::remove);
    }

    /** The parts of {@code range} that are in the set, ascending. */
    public List<Range> within(Range range) {
        List<Range> parts = new ArrayList<>();
        if (range.bytes() == 0) {
            return parts;
        }
        Map.Entry<Long, Long> entry = ends.floorEntry(range.start());
        if (entry == null || entry.getValue() <= range.start()) {
            entry = ends.higherEntry(range.start());
        }
        while (entry != null && entry.getKey() < range.end()) {
            parts.add(new Range(Math.max(entry.getKey(), range.start()), Math.min(entry.getValue(), range.end())));
            entry = ends.higherEntry(entry.getKey());
        }
        return parts;
    }

    public boolean containsAll(Range range) {
        Map.Entry<Long, Long> entry = ends.floorEntry(range.start());
        return range.bytes() == 0 || (entry != null && entry.getValue() >= range.end());
    }

    /** The range around or after {@code address}, cut off at it; null if there is none. */
    public @Nullable Range from(long address) {
        Map.Entry<Long, Long> entry = ends.floorEntry(address);
        if (entry != null && entry.getValue() > address) {
            return new Range(address, entry.getValue());
        }
        entry = ends.higherEntry(address);
        return entry == null ? null : new Range(entry.getKey(), entry.getValue());
    }

    /** All of it, ascending; a copy. */
    public List<Range> ranges() {
        List<Range> ranges = new ArrayList<>(ends.size());
        ends.forEach((start, end) -> ranges.add(new Range(start, end)));
        return ranges;
    }

    public long bytes() {
        return bytes;
    }

    public boolean isEmpty() {
        return ends.isEmpty();
    }

    public void clear() {
        ends.clear();
        bytes = 0;
    }

    @Override
    public String toString() {
        return ranges().toString();
    }
}
