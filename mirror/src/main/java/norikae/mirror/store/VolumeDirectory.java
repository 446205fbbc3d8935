package norikae.mirror.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.StoreException.Kind;

/**
 * One copy of a volume, as it lies on a node's disk, or on a storage that several nodes reach. Thread-safe; one process at a time
 * may have it open. Where a storage does not keep others out by its locks, the epoch in the record does: whoever comes with a
 * higher one writes it there first, and from then on nothing of what the record vouches for is changed by whoever came before.
 *
 * <pre>
 * volume.record          what it knows of itself: {@link VolumeRecord}, replaced as a whole
 * volume.lock            locked by whoever has it open
 * data                   the blocks: a file, or a symbolic link to a block device
 * activity.map           {@link ActivityLog}, where it is or was primary
 * differs-NODE.map       {@link BlockMap} for each replica: blocks that it does not have, or not for certain
 * history-NODE/          an asynchronous replica's spilled history; of no use after a restart, and removed then
 * </pre>
 */
public final class VolumeDirectory implements AutoCloseable {

    private static final String RECORD = "volume.record";
    private static final String LOCK = "volume.lock";
    private static final String DATA = "data";
    private static final String ACTIVITY = "activity.map";

    /** What one bit of a replica's map stands for. */
    public static final long DIFFERS_BLOCK_BYTES = 64 * 1024;

    private final Path directory;
    private final FileChannel lockFile;
    private volatile VolumeRecord current;

    private VolumeDirectory(Path directory, FileChannel lockFile, VolumeRecord current) {
        this.directory = directory;
        this.lockFile = lockFile;
        this.current = current;
    }

    /** Makes a copy whose blocks are in a new file. */
    public static void create(Path directory, VolumeName name, UUID id, long size) throws StoreException {
        VolumeRecord.checkSize(size);
        makeDirectory(directory);
        FileStore.create(directory.resolve(DATA), size);
        replace(directory, VolumeRecord.create(name, id, size));
    }

    /** Makes a copy whose blocks are on {@code device}, all of which it may overwrite. */
    public static void createOn(Path directory, VolumeName name, UUID id, long size, Path device)
            throws StoreException {
        VolumeRecord.checkSize(size);
        FileStore.open(device, size).close();
        makeDirectory(directory);
        try {
            Files.createSymbolicLink(directory.resolve(DATA), device);
        } catch (IOException e) {
            throw StoreException.of("creating volume " + name + " in " + directory, e);
        }
        replace(directory, VolumeRecord.create(name, id, size));
    }

    private static void makeDirectory(Path directory) throws StoreException {
        try {
            Files.createDirectories(directory);
            if (Files.exists(directory.resolve(RECORD))) {
                throw new FileAlreadyExistsException(directory + " holds a volume already");
            }
        } catch (IOException e) {
            throw StoreException.of("creating a volume in " + directory, e);
        }
    }

    /**
     * Opens a copy and keeps every other process out of it.
     *
     * @throws StoreException {@link Kind#DAMAGED} if its record is not whole; {@link Kind#CLOSED} if another has it open
     */
    public static VolumeDirectory open(Path directory) throws StoreException {
        FileChannel lockFile;
        try {
            lockFile = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw StoreException.of("opening the volume in " + directory, e);
        }
        try {
            FileLock lock = tryLock(lockFile);
            if (lock == null) {
                throw new StoreException(
                        Kind.CLOSED, "the volume in " + directory + " is open in another process; stop that one first");
            }
            return new VolumeDirectory(directory, lockFile, readRecord(directory));
        } catch (IOException e) {
            try {
                lockFile.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw StoreException.of("opening the volume in " + directory, e);
        }
    }

    private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** What the volume knows of itself. */
    public VolumeRecord record() {
        return current;
    }

    /** A change of the record. */
    @FunctionalInterface
    public interface Change {
        VolumeRecord of(VolumeRecord now);
    }

    /**
     * Changes the record; it is on stable storage when this returns.
     *
     * @throws StoreException {@link Kind#FENCED} if another node has written a higher epoch into it meanwhile
     */
    public synchronized VolumeRecord update(Change change) throws StoreException {
        VolumeRecord next = change.of(current);
        if (!next.equals(current)) {
            requireOwn();
            replace(directory, next);
            current = next;
        }
        return next;
    }

    /**
     * Reads the record again.
     *
     * @throws StoreException {@link Kind#FENCED} if it has a higher epoch than anybody wrote who came this way: another node has
     *     the copy now
     */
    public synchronized void requireOwn() throws StoreException {
        VolumeRecord there = readRecord(directory);
        if (there.epoch() > current.epoch()) {
            throw new StoreException(
                    Kind.FENCED,
                    "the copy of volume " + current.name() + " in " + directory + " was opened under epoch "
                            + there.epoch() + " by another node, and " + current.epoch()
                            + " may not write it any more");
        }
    }

    private static void replace(Path directory, VolumeRecord record) throws StoreException {
        Path temporary = directory.resolve(RECORD + ".new");
        try {
            try (FileChannel file = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer text = ByteBuffer.wrap(RecordText.of(record).getBytes(StandardCharsets.UTF_8));
                while (text.hasRemaining()) {
                    file.write(text);
                }
                file.force(true);
            }
            Files.move(temporary, directory.resolve(RECORD), StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
                entry.force(true);
            }
        } catch (IOException e) {
            throw StoreException.of("writing the record of volume " + record.name() + " in " + directory, e);
        }
    }

    /** Between the steps of {@link #grow}, for tests that interrupt it. */
    @FunctionalInterface
    interface Steps {
        void before(String step) throws StoreException;
    }

    /**
     * Makes the copy larger; what is new in it reads as zeros. The record follows last: whoever is interrupted finds the old size
     * there, and does it once more. Nothing of it may be open.
     */
    public void grow(long size) throws StoreException {
        grow(size, _ -> {});
    }

    synchronized void grow(long size, Steps steps) throws StoreException {
        VolumeRecord.checkSize(size);
        long old = current.size();
        if (size < old) {
            throw new IllegalArgumentException(
                    "the copy in " + directory + " cannot shrink from " + old + " to " + size);
        }
        if (size == old) {
            return;
        }
        steps.before("data");
        FileStore.grow(directory.resolve(DATA), old, size);
        steps.before("activity");
        BlockMap.grow(directory.resolve(ACTIVITY), old, size, ActivityLog.REGION_BYTES);
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(directory, "differs-*.map")) {
            for (Path map : maps) {
                steps.before("map");
                BlockMap.grow(map, old, size, DIFFERS_BLOCK_BYTES);
            }
        } catch (IOException e) {
            throw StoreException.of("looking for maps in " + directory, e);
        }
        steps.before("record");
        update(r -> r.withSize(size));
    }

    /**
     * Whether the copy in {@code directory}, which may be open, could have so many bytes; changes nothing.
     *
     * @throws StoreException it could not, or it is another volume's
     */
    public static void requireRoom(Path directory, UUID id, long size) throws StoreException {
        VolumeRecord record = readRecord(directory);
        if (!record.id().equals(id)) {
            throw new StoreException(
                    Kind.DAMAGED,
                    directory + " holds volume " + record.id() + ", not " + id
                            + ": move the directory away, and have the copy made anew");
        }
        FileStore.requireRoom(directory.resolve(DATA), record.size(), size);
    }

    private static VolumeRecord readRecord(Path directory) throws StoreException {
        Path record = directory.resolve(RECORD);
        try {
            if (Files.size(record) > RecordText.BYTES_MAX) {
                throw RecordText.damaged(record.toString(), "it is longer than " + RecordText.BYTES_MAX + " bytes");
            }
            return RecordText.read(new String(Files.readAllBytes(record), StandardCharsets.UTF_8), record.toString());
        } catch (IOException e) {
            throw StoreException.of("opening the volume in " + directory, e);
        }
    }

    /** The blocks. */
    public BlockStore openBlocks() throws StoreException {
        return FileStore.open(directory.resolve(DATA), current.size());
    }

    /** What a primary notes before it writes. */
    public ActivityLog openActivity() throws StoreException {
        return ActivityLog.open(directory.resolve(ACTIVITY), current.size());
    }

    /**
     * Which blocks a replica may lack.
     *
     * @param all whether it lacks all of them if nothing is known yet
     */
    public BlockMap openDiffers(NodeId replica, boolean all) throws StoreException {
        return BlockMap.open(
                directory.resolve("differs-" + replica + ".map"), current.size(), DIFFERS_BLOCK_BYTES, all);
    }

    /** Removes the maps of all replicas but these. */
    public void keepDiffers(Collection<NodeId> replicas) throws StoreException {
        Set<String> kept = new HashSet<>();
        replicas.forEach(replica -> kept.add("differs-" + replica + ".map"));
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(directory, "differs-*.map")) {
            for (Path map : maps) {
                if (!kept.contains(map.getFileName().toString())) {
                    Files.delete(map);
                }
            }
        } catch (IOException e) {
            throw StoreException.of("removing the maps of former replicas in " + directory, e);
        }
    }

    /** Where an asynchronous replica's history is spilled. */
    public Path historyOf(NodeId replica) {
        return directory.resolve("history-" + replica);
    }

    public Path path() {
        return directory;
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
