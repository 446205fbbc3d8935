package norikae.transfer.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.transfer.PageSpace;

/**
 * Where pages wait for their processes: in memory of nobody, by process and address, the latest content of each. Thread-safe.
 */
public final class PageStore implements AutoCloseable {

    private static final int SPACES_MAX = 1 << 14;
    private static final long PAGE = ProcessMemory.PAGE_BYTES;

    private final String name;
    private final long bytesMax;
    private final Map<Long, StoredSpace> spaces = new ConcurrentHashMap<>();

    /**
     * @param name appears in /proc
     * @param bytesMax more than this is refused
     */
    public PageStore(String name, long bytesMax) {
        this.name = name;
        this.bytesMax = bytesMax;
    }

    /**
     * Takes pages that lie side by side from {@code address} on.
     *
     * @throws IOException if there is no room for them
     */
    public void put(PageSpace space, long address, ByteBuffer data) throws IOException {
        StoredSpace stored = space(space.id());
        long added = stored.put(address, data);
        if (added > 0 && bytes() > bytesMax) {
            throw new IOException("the service's memory outgrew the " + (bytesMax >> 20)
                    + " MiB that were agreed on when the move was prepared; move it once more");
        }
    }

    /** What these pages hold will come from elsewhere, after the process runs. */
    public void promise(PageSpace space, long address, long pages) throws IOException {
        space(space.id()).promise(new Range(address, address + pages * PAGE));
    }

    /** These pages read as zero. */
    public void discard(PageSpace space, long address, long pages) throws IOException {
        StoredSpace stored = spaces.get(space.id());
        if (stored != null) {
            stored.discard(new Range(address, address + pages * PAGE));
        }
    }

    /** The memory of the process with this PID inside its namespace; empty if nothing came for it. */
    StoredSpace space(long id) throws IOException {
        StoredSpace known = spaces.get(id);
        if (known != null) {
            return known;
        }
        synchronized (spaces) {
            known = spaces.get(id);
            if (known == null) {
                if (spaces.size() >= SPACES_MAX) {
                    throw new IOException("more than " + SPACES_MAX + " processes in one move");
                }
                known = StoredSpace.create(name + "-" + id, id);
                spaces.put(id, known);
            }
            return known;
        }
    }

    Collection<StoredSpace> spaces() {
        return List.copyOf(spaces.values());
    }

    /** How much memory waits here. */
    public long bytes() {
        return spaces.values().stream().mapToLong(StoredSpace::bytes).sum();
    }

    /** Frees everything. Nobody may be filling from it any more. */
    @Override
    public void close() {
        spaces.values().forEach(StoredSpace::close);
        spaces.clear();
    }

    /** A kernel without memory says so in words that help. */
    static IOException explained(LinuxException e) {
        boolean full = e.errno() == Errno.ENOSPC || e.errno() == Errno.ENOMEM;
        return full
                ? new IOException(
                        "no memory left on this node for the service's pages: free some, or move it elsewhere", e)
                : e;
    }
}
