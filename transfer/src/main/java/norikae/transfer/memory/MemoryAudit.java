package norikae.transfer.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.Pagemap;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.Procfs;

/**
 * Proves of a move that memory arrived: a fingerprint of every private page of a tree that stands still, taken on the source,
 * and compared on the target before the tree runs. It is for tests, because it takes as long as the memory is large.
 * Stateless.
 */
public final class MemoryAudit {

    private static final int PAGE = ProcessMemory.PAGE_BYTES;
    private static final int PIECE_BYTES = 1 << 20;
    private static final int BLOCKS = 8;
    private static final int BLOCK_BYTES = PAGE / BLOCKS;

    /** Bytes for each page: process, address, and a checksum of each block. */
    public static final int RECORD_BYTES = 2 * Long.BYTES + BLOCKS * Integer.BYTES;

    private static final Blocks ZERO_PAGE = Blocks.of(ByteBuffer.allocate(PAGE), 0);

    private MemoryAudit() {}

    /** CRC32C of each eighth of a page: where a page differs, they tell how much of it does. */
    private record Blocks(List<Integer> sums) {

        static Blocks of(ByteBuffer buffer, int at) {
            List<Integer> sums = new ArrayList<>(BLOCKS);
            CRC32C crc = new CRC32C();
            for (int i = 0; i < BLOCKS; i++) {
                crc.reset();
                crc.update(buffer.slice(at + i * BLOCK_BYTES, BLOCK_BYTES));
                sums.add((int) crc.getValue());
            }
            return new Blocks(sums);
        }

        static Blocks read(ByteBuffer in) {
            List<Integer> sums = new ArrayList<>(BLOCKS);
            for (int i = 0; i < BLOCKS; i++) {
                sums.add(in.getInt());
            }
            return new Blocks(sums);
        }

        long differing(Blocks other) {
            return IntStream.range(0, BLOCKS)
                    .filter(i -> !sums.get(i).equals(other.sums.get(i)))
                    .count();
        }
    }

    /** The fingerprint of a tree: each page that is not full of zeros. */
    public static ByteBuffer of(List<MemorySender.Member> members) throws IOException {
        Map<Long, Map<Long, Blocks>> tree = new HashMap<>();
        for (MemorySender.Member member : members) {
            tree.put(member.inner(), pages(member.pid(), false));
        }
        int count = tree.values().stream().mapToInt(Map::size).sum();
        ByteBuffer audit = ByteBuffer.allocate(Math.multiplyExact(count, RECORD_BYTES));
        tree.forEach((process, pages) -> pages.forEach((address, blocks) -> {
            audit.putLong(process).putLong(address);
            blocks.sums().forEach(audit::putInt);
        }));
        return audit.flip();
    }

    /**
     * Where a rebuilt tree, which has all of its memory and has not run, differs from the fingerprint. One block of one page
     * of each thread may differ: there the kernel tells the thread on which processor it is (rseq(2)).
     *
     * @return the pages that differ, as text; empty if all is well
     */
    public static List<String> differences(ByteBuffer audit, List<MemorySender.Member> members) throws IOException {
        Map<Long, Map<Long, Blocks>> expected = new HashMap<>();
        ByteBuffer in = audit.duplicate();
        while (in.remaining() >= RECORD_BYTES) {
            expected.computeIfAbsent(in.getLong(), _ -> new HashMap<>()).put(in.getLong(), Blocks.read(in));
        }
        List<String> differences = new ArrayList<>();
        for (MemorySender.Member member : members) {
            Map<Long, Blocks> want = expected.getOrDefault(member.inner(), Map.of());
            Map<Long, Blocks> have = new HashMap<>();
            ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
            for (long address : want.keySet()) {
                read(member.pid(), new Range(address, address + PAGE), buffer, have);
            }
            want.forEach((address, blocks) -> {
                long differing = blocks.differing(have.getOrDefault(address, ZERO_PAGE));
                if (differing > 0) {
                    differences.add("process " + member.inner() + " page " + Long.toHexString(address) + " differs in "
                            + differing + " of " + BLOCKS + " blocks");
                }
            });
            pages(member.pid(), true).keySet().stream()
                    .filter(address -> !want.containsKey(address))
                    .forEach(address -> differences.add(
                            "process " + member.inner() + " page " + Long.toHexString(address) + " should be zero"));
            expected.remove(member.inner());
        }
        expected.keySet().forEach(process -> differences.add("process " + process + " is missing"));
        return differences;
    }

    private static Map<Long, Blocks> pages(int pid, boolean anonymousOnly) throws IOException {
        Map<Long, Blocks> pages = new HashMap<>();
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
        try (Pagemap pagemap = Pagemap.of(pid)) {
            for (Procfs.Mapping mapping : Procfs.maps(pid)) {
                boolean compared = !mapping.shared()
                        && mapping.permissions().charAt(0) == 'r'
                        && !mapping.path().startsWith("[v")
                        && (mapping.anonymous() || (mapping.writable() && !anonymousOnly));
                if (compared) {
                    for (Range range : pagemap.populated(new Range(mapping.start(), mapping.end()))) {
                        read(pid, range, buffer, pages);
                    }
                }
            }
        }
        return pages;
    }

    private static void read(int pid, Range range, ByteBuffer buffer, Map<Long, Blocks> pages) throws LinuxException {
        for (long at = range.start(); at < range.end(); ) {
            int part = (int) Math.min(PIECE_BYTES, range.end() - at);
            try {
                ProcessMemory.read(pid, List.of(new Range(at, at + part)), buffer.clear());
            } catch (LinuxException e) {
                if (e.errno() == Errno.EFAULT) {
                    return; // beyond the end of a file
                }
                throw e;
            }
            buffer.flip();
            for (int page = 0; page + PAGE <= buffer.limit(); page += PAGE) {
                Blocks blocks = Blocks.of(buffer, page);
                if (!blocks.equals(ZERO_PAGE)) {
                    pages.put(at + page, blocks);
                }
            }
            if (buffer.limit() < part) {
                return;
            }
            at += part;
        }
    }
}
