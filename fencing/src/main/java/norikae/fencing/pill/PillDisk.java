package norikae.fencing.pill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A slot file on a disk that servers share; sbd's format and sbd's rules. Every read asks the device, every write has reached
 * it when the call returns, and only the sectors concerned are touched.
 *
 * <p>Thread-safe. A call may hang for as long as the device does: make it on a thread that can be spared.
 */
public final class PillDisk implements AutoCloseable {

    /** Longest name of a server. */
    public static final int NAME_BYTES_MAX = 63;

    private static final int NAME_BYTES = 64;
    private static final int ALLOCATE_ATTEMPTS = 10;

    private final Path path;
    private final Sectors sectors;
    private final Pace pace;
    private final byte[] headerSector;
    private final PillHeader header;

    /**
     * A slot with what lies in its mailbox.
     */
    public record Entry(PillSlot slot, PillMail mail) {}

    private PillDisk(Path path, Sectors sectors, Pace pace) throws IOException {
        this.path = path;
        this.sectors = sectors;
        this.pace = pace;
        this.headerSector = sectors.read(0, sectors.sectorBytes());
        this.header = PillHeader.decode(path.toString(), headerSector);
    }

    /** Opens one that exists. @throws IOException naming the byte, if its header is not one */
    public static PillDisk open(Path path) throws IOException {
        return open(path, Sectors::raw, Pace.REAL);
    }

    static PillDisk open(Path path, Sectors.Opener opener, Pace pace) throws IOException {
        Sectors sectors = opener.open(path);
        try {
            return new PillDisk(path, sectors, pace);
        } catch (IOException | RuntimeException e) {
            sectors.close();
            throw e;
        }
    }

    /**
     * Makes one, with all slots free.
     *
     * @throws IOException if the disk holds anything but zeros there: wipe it first, once it is certain that it is the right one
     */
    public static PillDisk create(Path path, PillTimeouts timeouts) throws IOException {
        return create(path, timeouts, Sectors::raw, Pace.REAL);
    }

    static PillDisk create(Path path, PillTimeouts timeouts, Sectors.Opener opener, Pace pace) throws IOException {
        if (!timeouts.weakness().isEmpty()) {
            throw new IllegalArgumentException(timeouts.weakness());
        }
        try (Sectors sectors = opener.open(path)) {
            int size = sectors.sectorBytes();
            byte[] now = sectors.read(0, size * (1 + 2 * PillHeader.SLOTS_MAX));
            for (int at = 0; at < now.length; at++) {
                if (now[at] != 0) {
                    throw new IOException(path + " is not empty (byte " + at + " is "
                            + Byte.toUnsignedInt(now[at])
                            + "), so no slot file is made there. If nothing on it is needed: dd"
                            + " if=/dev/zero of=" + path + " bs=1M count=4 oflag=direct");
                }
            }
            byte[] header = new PillHeader(PillHeader.SLOTS_MAX, size, timeouts, UUID.randomUUID()).encode();
            sectors.write(0, header);
            if (!Arrays.equals(sectors.read(0, size), header)) {
                throw new IOException(path + " did not keep the header that was written to it");
            }
        }
        return open(path, opener, pace);
    }

    public Path path() {
        return path;
    }

    public PillHeader header() {
        return header;
    }

    Pace pace() {
        return pace;
    }

    /** Every slot that belongs to a server. */
    public List<Entry> list() throws IOException {
        int size = header.sectorBytes();
        byte[] all = sectors.read(size, size * 2 * header.slots());
        List<Entry> entries = new ArrayList<>();
        for (int number = 0; number < header.slots(); number++) {
            byte[] slot = Arrays.copyOfRange(all, size * 2 * number, size * (2 * number + 1));
            byte[] mailbox = Arrays.copyOfRange(all, size * (2 * number + 1), size * (2 * number + 2));
            String node = owner(number, slot);
            if (!node.isEmpty()) {
                entries.add(new Entry(new PillSlot(number, node), mail(number, mailbox)));
            }
        }
        return List.copyOf(entries);
    }

    /** The slot of a server; case does not matter, as with sbd. */
    public Optional<PillSlot> find(String node) throws IOException {
        return list().stream()
                .map(Entry::slot)
                .filter(slot -> slot.node().equalsIgnoreCase(node))
                .findFirst();
    }

    /** The slot of a server; if it has none it gets the first free one, which takes the header's allocate time. */
    public PillSlot allocate(String node) throws IOException, InterruptedException {
        byte[] wanted = slotSector(node);
        for (int attempt = 0; attempt < ALLOCATE_ATTEMPTS; attempt++) {
            Optional<PillSlot> mine = find(node);
            if (mine.isPresent()) {
                return mine.get();
            }
            sectors.write(slotOffset(firstFree()), wanted);
            // Whoever took the same slot at the same time has overwritten it by then, or sees now that we did.
            Thread.sleep(pace.of(header.timeouts().allocate()));
        }
        throw new IOException(path + ": no slot stayed " + node + "'s in " + ALLOCATE_ATTEMPTS
                + " attempts: do not start all servers at once, or give each its slot with sbd allocate");
    }

    private int firstFree() throws IOException {
        List<Integer> taken =
                list().stream().map(entry -> entry.slot().number()).toList();
        for (int number = 0; number < header.slots(); number++) {
            if (!taken.contains(number)) {
                return number;
            }
        }
        throw new IOException(path + ": all " + header.slots() + " slots are taken");
    }

    public PillMail read(PillSlot slot) throws IOException {
        return mail(slot.number(), sectors.read(mailboxOffset(slot.number()), header.sectorBytes()));
    }

    /**
     * Puts a message into a mailbox, over whatever lies there, reads it back and compares.
     *
     * @param from who writes, in at most {@value #NAME_BYTES_MAX} bytes
     */
    public void write(PillSlot slot, PillMessage message, String from) throws IOException {
        verify(slot);
        byte[] mailbox = sector(message.code(), from);
        sectors.write(mailboxOffset(slot.number()), mailbox);
        if (!Arrays.equals(sectors.read(mailboxOffset(slot.number()), mailbox.length), mailbox)) {
            throw new IOException(path + ", byte " + mailboxOffset(slot.number()) + ": the mailbox of " + slot.node()
                    + " does not hold the '" + message.word() + "' that was just written to it");
        }
    }

    public void clear(PillSlot slot) throws IOException {
        write(slot, PillMessage.CLEAR, "");
    }

    /** That header and slot are still what they were. */
    public void verify(PillSlot slot) throws IOException {
        if (!Arrays.equals(sectors.read(0, headerSector.length), headerSector)) {
            throw new PillChangedException(path + ": the header is not the one of " + header.uuid()
                    + " any more: somebody has made the slot file anew. Start the agents again, one by one");
        }
        String owner = owner(slot.number(), sectors.read(slotOffset(slot.number()), header.sectorBytes()));
        if (!owner.equals(slot.node())) {
            throw new PillChangedException(path + ": slot " + slot.number() + " was " + slot.node() + "'s and is "
                    + (owner.isEmpty() ? "nobody's" : owner + "'s") + " now");
        }
    }

    @Override
    public void close() {
        sectors.close();
    }

    private long slotOffset(int number) {
        return (long) header.sectorBytes() * (1 + 2L * number);
    }

    private long mailboxOffset(int number) {
        return slotOffset(number) + header.sectorBytes();
    }

    private byte[] slotSector(String node) {
        if (node.isEmpty()) {
            throw new IllegalArgumentException("a slot needs the name of a server");
        }
        return sector(1, node);
    }

    private byte[] sector(int first, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > NAME_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "'" + name + "' has " + bytes.length + " bytes; a slot has room for " + NAME_BYTES_MAX);
        }
        byte[] sector = new byte[header.sectorBytes()];
        sector[0] = (byte) first;
        System.arraycopy(bytes, 0, sector, 1, bytes.length);
        return sector;
    }

    private String owner(int number, byte[] sector) throws IOException {
        return switch (sector[0]) {
            case 0 -> "";
            case 1 -> {
                String name = name(slotOffset(number), sector);
                if (name.isEmpty()) {
                    throw PillHeader.corrupt(
                            path.toString(), slotOffset(number), "slot " + number + " is taken by no name");
                }
                yield name;
            }
            default ->
                throw PillHeader.corrupt(
                        path.toString(),
                        slotOffset(number),
                        "slot " + number + " is neither free (0) nor taken (1) but " + Byte.toUnsignedInt(sector[0]));
        };
    }

    private PillMail mail(int number, byte[] sector) throws IOException {
        return new PillMail(Byte.toUnsignedInt(sector[0]), name(mailboxOffset(number), sector));
    }

    private String name(long offset, byte[] sector) throws IOException {
        int length = 0;
        while (length < NAME_BYTES && sector[1 + length] != 0) {
            if (Character.isISOControl(sector[1 + length])) {
                throw PillHeader.corrupt(
                        path.toString(),
                        offset + 1 + length,
                        "a name holds the control character " + sector[1 + length]);
            }
            length++;
        }
        return new String(sector, 1, length, StandardCharsets.UTF_8);
    }
}
