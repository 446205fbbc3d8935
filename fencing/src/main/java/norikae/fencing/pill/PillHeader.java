package norikae.fencing.pill;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Sector 0; immutable. Big-endian, and padded with zeros to a sector.
 *
 * @param slots how many there are, 255 at most
 * @param uuid of this header; zero if an old sbd wrote it
 */
public record PillHeader(int slots, int sectorBytes, PillTimeouts timeouts, UUID uuid) {

    static final int SLOTS_MAX = 255;

    private static final byte[] MAGIC = "SBD_SBD_".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final int MINOR_VERSION = 1;
    private static final int AT_VERSION = 8;
    private static final int AT_SLOTS = 9;
    private static final int AT_SECTOR = 12;
    private static final int AT_TIMEOUTS = 16;
    private static final int AT_MINOR = 32;
    private static final int AT_UUID = 33;

    byte[] encode() {
        ByteBuffer sector = ByteBuffer.allocate(sectorBytes);
        sector.put(MAGIC)
                .put((byte) VERSION)
                .put((byte) slots)
                .putShort((short) 0)
                .putInt(sectorBytes);
        sector.putInt(timeouts.watchdog()).putInt(timeouts.allocate());
        sector.putInt(timeouts.loop()).putInt(timeouts.msgwait());
        sector.put((byte) MINOR_VERSION);
        sector.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
        return sector.array();
    }

    static boolean hasMagic(byte[] sector) {
        return Arrays.equals(sector, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** @param disk where it was read, for messages */
    static PillHeader decode(String disk, byte[] sector) throws IOException {
        ByteBuffer data = ByteBuffer.wrap(sector);
        if (!hasMagic(sector)) {
            throw corrupt(
                    disk, 0, "the mark of a slot file is not there (it begins with " + hex(sector, MAGIC.length) + ")");
        }
        int version = Byte.toUnsignedInt(data.get(AT_VERSION));
        if (version != VERSION) {
            throw corrupt(disk, AT_VERSION, "version " + version + " is unknown (known: " + VERSION + ")");
        }
        int slots = Byte.toUnsignedInt(data.get(AT_SLOTS));
        if (slots == 0) {
            throw corrupt(disk, AT_SLOTS, "it has no slots");
        }
        int sectorBytes = data.getInt(AT_SECTOR);
        if (sectorBytes != sector.length) {
            throw corrupt(
                    disk,
                    AT_SECTOR,
                    "it was made for sectors of " + Integer.toUnsignedString(sectorBytes)
                            + " bytes, but the disk has sectors of " + sector.length);
        }
        PillTimeouts timeouts = new PillTimeouts(
                seconds(disk, data, AT_TIMEOUTS, "watchdog"),
                seconds(disk, data, AT_TIMEOUTS + 4, "allocate"),
                seconds(disk, data, AT_TIMEOUTS + 8, "loop"),
                seconds(disk, data, AT_TIMEOUTS + 12, "msgwait"));
        UUID uuid =
                data.get(AT_MINOR) == 0 ? new UUID(0, 0) : new UUID(data.getLong(AT_UUID), data.getLong(AT_UUID + 8));
        return new PillHeader(slots, sectorBytes, timeouts, uuid);
    }

    private static int seconds(String disk, ByteBuffer data, int at, String name) throws IOException {
        int seconds = data.getInt(at);
        int least = name.equals("allocate") ? 0 : 1;
        if (seconds < least || seconds > PillTimeouts.SECONDS_MAX) {
            throw corrupt(
                    disk,
                    at,
                    "its " + name + " time is " + Integer.toUnsignedString(seconds) + " s (" + least + " to "
                            + PillTimeouts.SECONDS_MAX + " are possible)");
        }
        return seconds;
    }

    static IOException corrupt(String disk, long offset, String what) {
        return new IOException(disk + ", byte " + offset + ": " + what
                + ". Is it the right device? If so, make it anew (sbd -d " + disk
                + " create) while no server watches it");
    }

    private static String hex(byte[] bytes, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(String.format("%02x", bytes[i]));
        }
        return text.toString();
    }
}
