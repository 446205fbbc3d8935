package norikae.mirror.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bit for each block of a volume, in memory and in a file. Thread-safe; the bits are guarded by itself, the file by
 * {@code saving}, which is taken first.
 *
 * <p>The file is a row of sectors of {@value #SECTOR_BYTES} bytes, which a disk writes whole or not at all. The first says
 * what the map is of; each of the others holds {@value #SECTOR_BITS} bits:
 *
 * <pre>
 * header   0 "NORIKMAP"  8 u32 version  12 u32 zero  16 u64 volume size  24 u64 block bytes  504 u32 zero  508 u32 CRC32C
 * bits     0 504 bytes of bits, lowest first         504 u32 number of this sector          508 u32 CRC32C of 0..507
 * </pre>
 *
 * <p>A sector that does not verify reads as all bits set; so does a whole file with a damaged header, or of another volume.
 * Every bit says 'may differ', so that costs time and never a wrong block.
 */
public final class BlockMap implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BlockMap.class);
    private static final long MAGIC = 0x4e4f52494b4d4150L; // NORIKMAP
    private static final int VERSION = 1;
    static final int SECTOR_BYTES = 512;
    static final int SECTOR_BITS = 504 * 8;
    private static final int CRC_AT = 508;
    private static final int NUMBER_AT = 504;

    /** Bits of a map at most: 64 TiB in blocks of 64 KiB. */
    private static final long BLOCKS_MAX = 1L << 30;

    private final Path path;
    private final FileChannel file;
    private final long volumeBytes;
    private final long blockBytes;
    private final int blocks;
    private final BitSet bits;
    private final BitSet staleSectors = new BitSet();
    private final Object saving = new Object();
    private boolean wasDamaged;

    private BlockMap(Path path, FileChannel file, long volumeBytes, long blockBytes) {
        this.path = path;
        this.file = file;
        this.volumeBytes = volumeBytes;
        this.blockBytes = blockBytes;
        this.blocks = blocks(volumeBytes, blockBytes);
        this.bits = new BitSet(blocks);
    }

    /**
     * Opens the map of a volume, or makes one.
     *
     * @param setIfNew what all bits of a new one are
     */
    public static BlockMap open(Path path, long volumeBytes, long blockBytes, boolean setIfNew) throws StoreException {
        try {
            boolean isNew = !Files.exists(path) || Files.size(path) == 0;
            FileChannel file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            BlockMap map = new BlockMap(path, file, volumeBytes, blockBytes);
            if (isNew) {
                map.rewrite(setIfNew);
            } else {
                map.load();
            }
            return map;
        } catch (IOException e) {
            throw StoreException.of("opening the map " + path, e);
        }
    }

    /**
     * Makes the map that lies at {@code path}, if one does, that of a volume which has grown. What is new in it is not marked: it
     * is zeros on every copy. Interrupted, it can be repeated.
     */
    static void grow(Path path, long from, long to, long blockBytes) throws StoreException {
        Path larger = path.resolveSibling(path.getFileName() + ".new");
        try {
            if (!Files.exists(path) || isOf(path, to, blockBytes)) {
                return;
            }
            Files.deleteIfExists(larger);
            BlockMap old = open(path, from, blockBytes, true);
            try (BlockMap next = open(larger, to, blockBytes, false)) {
                for (int first = old.nextMarked(0); first >= 0; ) {
                    int end = old.nextUnmarked(first);
                    next.mark(first * blockBytes, (end - first) * blockBytes);
                    first = end < old.blocks() ? old.nextMarked(end) : -1;
                }
            } finally {
                old.abandon();
            }
            Files.move(larger, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw StoreException.of("making the map " + path + " larger", e);
        }
    }

    private static boolean isOf(Path path, long volumeBytes, long blockBytes) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(SECTOR_BYTES);
            while (header.hasRemaining() && file.read(header) >= 0) {
                // until it is full, or the file ends
            }
            header.clear();
            return verifies(header) && header.getLong(16) == volumeBytes && header.getLong(24) == blockBytes;
        }
    }

    private static int blocks(long volumeBytes, long blockBytes) {
        long blocks = (volumeBytes + blockBytes - 1) / blockBytes;
        if (blockBytes < 1 || blocks > BLOCKS_MAX) {
            throw new IllegalArgumentException("a map of " + volumeBytes + " bytes in blocks of " + blockBytes + " has "
                    + blocks + " bits; at most " + BLOCKS_MAX + " are possible");
        }
        return (int) blocks;
    }

    private void rewrite(boolean set) throws StoreException {
        bits.set(0, blocks, set);
        staleSectors.set(0, sectors());
        ByteBuffer header = ByteBuffer.allocate(SECTOR_BYTES);
        header.putLong(MAGIC).putInt(VERSION).putInt(0).putLong(volumeBytes).putLong(blockBytes);
        try {
            file.truncate(0);
            put(0, seal(header));
        } catch (IOException e) {
            throw StoreException.of("writing the map " + path, e);
        }
        save();
    }

    private void load() throws IOException {
        ByteBuffer header = sector(0);
        if (!verifies(header)
                || header.getLong(0) != MAGIC
                || header.getInt(8) != VERSION
                || header.getLong(16) != volumeBytes
                || header.getLong(24) != blockBytes) {
            LOG.warn(
                    "map {} is damaged or of another volume: all {} bytes count as changed, and will be compared",
                    path,
                    volumeBytes);
            wasDamaged = true;
            rewrite(true);
            return;
        }
        for (int sector = 0; sector < sectors(); sector++) {
            int first = sector * SECTOR_BITS;
            int end = Math.min(first + SECTOR_BITS, blocks);
            ByteBuffer content = sector(sector + 1);
            if (!verifies(content) || content.getInt(NUMBER_AT) != sector + 1) {
                LOG.warn("map {} is damaged at sector {}: its blocks count as changed", path, sector + 1);
                wasDamaged = true;
                bits.set(first, end);
                staleSectors.set(sector);
                continue;
            }
            BitSet there = BitSet.valueOf(content.slice(0, NUMBER_AT));
            for (int bit = there.nextSetBit(0); bit >= 0 && first + bit < end; bit = there.nextSetBit(bit + 1)) {
                bits.set(first + bit);
            }
        }
    }

    private int sectors() {
        return (blocks + SECTOR_BITS - 1) / SECTOR_BITS;
    }

    private ByteBuffer sector(int number) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(SECTOR_BYTES);
        long at = (long) number * SECTOR_BYTES;
        while (content.hasRemaining()) {
            int got = file.read(content, at + content.position());
            if (got < 0) {
                break; // too short: what is missing is zeros, which do not verify
            }
        }
        return content.clear();
    }

    private void put(int number, ByteBuffer content) throws IOException {
        long at = (long) number * SECTOR_BYTES;
        while (content.hasRemaining()) {
            at += file.write(content, at);
        }
    }

    private static ByteBuffer seal(ByteBuffer sector) {
        return sector.putInt(CRC_AT, crc(sector)).clear();
    }

    private static boolean verifies(ByteBuffer sector) {
        return sector.getInt(CRC_AT) == crc(sector);
    }

    private static int crc(ByteBuffer sector) {
        CRC32C crc = new CRC32C();
        crc.update(sector.slice(0, CRC_AT));
        return (int) crc.getValue();
    }

    /** Whether something was found damaged when it was opened. */
    public synchronized boolean wasDamaged() {
        return wasDamaged;
    }

    public long blockBytes() {
        return blockBytes;
    }

    /** How many blocks the volume has. */
    public int blocks() {
        return blocks;
    }

    /** Marks every block that the range touches, in memory; true if one of them was not marked before. */
    public synchronized boolean mark(long offset, long bytes) {
        if (bytes <= 0) {
            return false;
        }
        int first = (int) (offset / blockBytes);
        int end = (int) Math.min((offset + bytes - 1) / blockBytes + 1, blocks);
        int clear = bits.nextClearBit(first);
        if (clear >= end) {
            return false;
        }
        bits.set(clear, end);
        stale(clear, end);
        return true;
    }

    /** Marks every block, in memory. */
    public synchronized void markAll() {
        bits.set(0, blocks);
        stale(0, blocks);
    }

    /** Unmarks these blocks, in memory. */
    public synchronized void clear(int first, int end) {
        bits.clear(first, end);
        stale(first, end);
    }

    private void stale(int first, int end) {
        if (end > first) {
            staleSectors.set(first / SECTOR_BITS, (end - 1) / SECTOR_BITS + 1);
        }
    }

    /** Whether the block of this number is marked. */
    public synchronized boolean isMarked(int block) {
        return bits.get(block);
    }

    /** The first marked block from {@code from} on; -1 if there is none. */
    public synchronized int nextMarked(int from) {
        return bits.nextSetBit(from);
    }

    /** The first block from {@code from} on that is not marked, or the number of blocks. */
    public synchronized int nextUnmarked(int from) {
        return Math.min(bits.nextClearBit(from), blocks);
    }

    /** Adds the marked ranges. */
    public synchronized void extents(List<Extent> to, long volumeBytes) {
        for (int first = nextMarked(0); first >= 0; ) {
            int end = nextUnmarked(first);
            long offset = first * blockBytes;
            to.add(new Extent(offset, Math.min(end * blockBytes, volumeBytes) - offset, false));
            first = end < blocks ? nextMarked(end) : -1;
        }
    }

    /** How many blocks are marked. */
    public synchronized int marked() {
        return bits.cardinality();
    }

    /** How many bytes the marked blocks have; the last may be shorter. */
    public synchronized long markedBytes() {
        long all = bits.cardinality() * blockBytes;
        return blocks > 0 && bits.get(blocks - 1) ? all - (blocks * blockBytes - volumeBytes) : all;
    }

    /** Brings the file up to what memory says, and on stable storage. */
    public void save() throws StoreException {
        synchronized (saving) { // whoever finds nothing to save must still wait for the one who is at it
            if (!write()) {
                return;
            }
            try {
                file.force(false);
            } catch (IOException e) {
                synchronized (this) {
                    staleSectors.set(0, sectors());
                }
                throw StoreException.of("saving the map " + path, e);
            }
        }
    }

    private synchronized boolean write() throws StoreException {
        if (staleSectors.isEmpty()) {
            return false;
        }
        try {
            for (int sector = staleSectors.nextSetBit(0); sector >= 0; sector = staleSectors.nextSetBit(sector + 1)) {
                int first = sector * SECTOR_BITS;
                ByteBuffer content = ByteBuffer.allocate(SECTOR_BYTES);
                content.put(
                        bits.get(first, Math.min(first + SECTOR_BITS, blocks)).toByteArray());
                content.putInt(NUMBER_AT, sector + 1);
                put(sector + 1, seal(content));
            }
        } catch (IOException e) {
            throw StoreException.of("writing the map " + path, e);
        }
        staleSectors.clear();
        return true;
    }

    @Override
    public void close() throws StoreException {
        try {
            save();
        } finally {
            try {
                file.close();
            } catch (IOException e) {
                LOG.warn("map {} could not be closed: {}", path, e.getMessage());
            }
        }
    }

    /** Closes the file and leaves it as it is, as a crash would. */
    public void abandon() {
        try {
            file.close();
        } catch (IOException e) {
            LOG.warn("map {} could not be closed: {}", path, e.getMessage());
        }
    }
}
