package norikae.fencing.pill;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Heartbeats over a shared disk: a block for each server, which that server writes and all the others read. What is torn,
 * foreign or no newer than what was read before is left out, as if it had not come; what a beat says is its writer's business,
 * and so is its seal.
 *
 * <p>Not thread-safe; calls hang for as long as the disk does, so it wants a thread of its own. No two servers may have the
 * same number.
 *
 * <p>A block, big-endian: magic, sequence, length, bytes, zeros, and in its last four bytes the CRC-32C of all before.
 */
public final class DiskBeats implements AutoCloseable {

    public static final int BLOCK_BYTES = 4096;
    public static final int BEAT_BYTES_MAX = 3072;

    /** Where blocks may begin on a disk that also holds a slot file: behind its 255 slots, whatever the sector's size. */
    public static final long BEHIND_SLOTS = 4L << 20;

    public static final int SERVERS_MAX = 256;

    private static final long MAGIC = 0x4E524B4245415431L; // NRKBEAT1
    private static final int AT_BYTES = 8 + 8 + 4;
    private static final int AT_CRC = BLOCK_BYTES - 4;

    private final Sectors sectors;
    private final long start;
    private final int mine;
    private final long[] seen;
    private long sequence;

    /**
     * What a server wrote last.
     *
     * @param server its number
     * @param sequence grows with every beat of that server, over its restarts too
     * @param bytes what it gave, read-only
     */
    public record DiskBeat(int server, long sequence, ByteBuffer bytes) {}

    private DiskBeats(Sectors sectors, long start, int mine, int servers) throws IOException {
        this.sectors = sectors;
        this.start = start;
        this.mine = mine;
        this.seen = new long[servers];
        long before = decode(mine, sectors.read(offset(mine), BLOCK_BYTES))
                .map(DiskBeat::sequence)
                .orElse(0L);
        // A block of ours that was torn when we died must not make the others take us for stale.
        this.sequence = Math.max(before, System.currentTimeMillis());
    }

    /**
     * Opens the blocks.
     *
     * @param start byte of the first block, such as {@link #BEHIND_SLOTS}
     * @param mine number of this server, from 0
     * @param servers how many blocks there are
     */
    public static DiskBeats open(Path disk, long start, int mine, int servers) throws IOException {
        return open(disk, start, mine, servers, Sectors::raw);
    }

    static DiskBeats open(Path disk, long start, int mine, int servers, Sectors.Opener opener) throws IOException {
        if (servers < 1
                || servers > SERVERS_MAX
                || mine < 0
                || mine >= servers
                || start < 0
                || start % BLOCK_BYTES != 0) {
            throw new IllegalArgumentException("no place for server " + mine + " of " + servers + " (at most "
                    + SERVERS_MAX + ") from byte " + start + " on (a multiple of " + BLOCK_BYTES + ")");
        }
        Sectors sectors = opener.open(disk);
        try {
            if (sectors.sectorBytes() > BLOCK_BYTES) {
                throw new IOException(disk + " has sectors of " + sectors.sectorBytes()
                        + " bytes, more than a block of " + BLOCK_BYTES);
            }
            return new DiskBeats(sectors, start, mine, servers);
        } catch (EOFException e) {
            sectors.close();
            throw new IOException(
                    disk + " is too small for " + servers + " blocks of " + BLOCK_BYTES + " bytes from byte " + start
                            + " on",
                    e);
        } catch (IOException | RuntimeException e) {
            sectors.close();
            throw e;
        }
    }

    /** Writes this server's beat over its last one; it is on the disk when this returns. */
    public void write(byte[] beat) throws IOException {
        if (beat.length > BEAT_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a beat of " + beat.length + " bytes; a block has room for " + BEAT_BYTES_MAX);
        }
        sequence++;
        sectors.write(offset(mine), encode(sequence, beat));
    }

    /** The beats of the others that are newer than what was read before. */
    public List<DiskBeat> readOthers() throws IOException {
        byte[] all = sectors.read(start, BLOCK_BYTES * seen.length);
        List<DiskBeat> beats = new ArrayList<>();
        for (int server = 0; server < seen.length; server++) {
            if (server == mine) {
                continue;
            }
            byte[] block = Arrays.copyOfRange(all, server * BLOCK_BYTES, (server + 1) * BLOCK_BYTES);
            Optional<DiskBeat> beat = decode(server, block);
            if (beat.isPresent() && beat.get().sequence() > seen[server]) {
                seen[server] = beat.get().sequence();
                beats.add(beat.get());
            }
        }
        return List.copyOf(beats);
    }

    private long offset(int server) {
        return start + (long) server * BLOCK_BYTES;
    }

    static byte[] encode(long sequence, byte[] beat) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        block.putLong(MAGIC).putLong(sequence).putInt(beat.length).put(beat);
        block.putInt(AT_CRC, crc(block.array()));
        return block.array();
    }

    static Optional<DiskBeat> decode(int server, byte[] block) {
        ByteBuffer data = ByteBuffer.wrap(block);
        int length = data.getInt(16);
        if (data.getLong(0) != MAGIC || data.getInt(AT_CRC) != crc(block) || length < 0 || length > BEAT_BYTES_MAX) {
            return Optional.empty();
        }
        return Optional.of(new DiskBeat(
                server, data.getLong(8), data.slice(AT_BYTES, length).asReadOnlyBuffer()));
    }

    private static int crc(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block, 0, AT_CRC);
        return (int) crc.getValue();
    }

    @Override
    public void close() {
        sectors.close();
    }
}
