package norikae.agent.failover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ObjLongConsumer;
import norikae.fencing.pill.DiskBeats;
import norikae.fencing.pill.PillDisk;
import norikae.linux.BootClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Heartbeats over one disk that the servers share: each writes its newest into a block of its own, behind the slot file, and
 * reads those of the others. The numbers of the blocks are those of the slots. A heartbeat that the disk has not taken when the
 * next one is there is skipped.
 *
 * <p>All of it happens on one thread, because a disk that hangs keeps it; thread-safe.
 */
final class DiskPath implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DiskPath.class);
    private static final long LOOK_NANOS = 50_000_000; // a fraction of the time between two heartbeats
    private static final long AGAIN_NANOS = 5_000_000_000L;

    /** How often it is looked whether a server has come whose block has not been read so far. */
    private static final long NEWCOMER_NANOS = 10_000_000_000L;

    private final Path disk;
    private final String node;
    private final ObjLongConsumer<ByteBuffer> listener;
    private final Thread thread;
    private volatile byte @Nullable [] next;
    private byte @Nullable [] written; // confined to the thread
    private volatile boolean closed;

    /** @param listener is given what the others wrote, and when it was read; refuses by IllegalArgumentException */
    DiskPath(Path disk, String node, ObjLongConsumer<ByteBuffer> listener) {
        this.disk = disk;
        this.node = node;
        this.listener = listener;
        this.thread =
                Thread.ofPlatform().daemon().name("beats-" + disk.getFileName()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    Path disk() {
        return disk;
    }

    /** Writes it as soon as the disk is ready, unless another one comes before. */
    void send(byte[] datagram) {
        next = datagram;
    }

    private void run() {
        boolean complained = false;
        while (!closed) {
            try (PillDisk slots = PillDisk.open(disk)) {
                int mine = slots.allocate(node).number();
                complained = false;
                exchange(slots, mine);
            } catch (IOException e) {
                if (!complained) {
                    LOG.warn("no heartbeats over {}: {} (tried again every 5 s)", disk, e.getMessage());
                    complained = true;
                }
                LockSupport.parkNanos(AGAIN_NANOS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Until a server comes whose block is not among those that are read. */
    private void exchange(PillDisk slots, int mine) throws IOException {
        int servers = servers(slots);
        try (DiskBeats beats = DiskBeats.open(disk, DiskBeats.BEHIND_SLOTS, mine, servers)) {
            // A server that died long ago has left its last heartbeat there: it is no sign of life.
            var _ = beats.readOthers();
            long nextLook = BootClock.nanos() + NEWCOMER_NANOS;
            while (!closed) {
                write(beats);
                read(beats);
                if (BootClock.nanos() >= nextLook) {
                    if (servers(slots) > servers) {
                        return;
                    }
                    nextLook = BootClock.nanos() + NEWCOMER_NANOS;
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }

    private static int servers(PillDisk slots) throws IOException {
        return slots.list().stream()
                        .mapToInt(entry -> entry.slot().number())
                        .max()
                        .orElse(0)
                + 1;
    }

    private void write(DiskBeats beats) throws IOException {
        byte[] mine = next;
        if (mine != null && mine != written) {
            written = mine;
            if (mine.length > DiskBeats.BEAT_BYTES_MAX) {
                throw new IOException("a heartbeat has " + mine.length + " bytes, a block has room for "
                        + DiskBeats.BEAT_BYTES_MAX + ": use shorter names of nodes");
            }
            beats.write(mine);
        }
    }

    private void read(DiskBeats beats) throws IOException {
        for (DiskBeats.DiskBeat beat : beats.readOthers()) {
            try {
                listener.accept(beat.bytes(), BootClock.nanos());
            } catch (IllegalArgumentException e) {
                LOG.debug("{}, block {}: {}", disk, beat.server(), e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
