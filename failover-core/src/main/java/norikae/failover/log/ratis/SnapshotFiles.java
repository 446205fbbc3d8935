package norikae.failover.log.ratis;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import norikae.failover.model.ClusterState;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots as files {@code snapshot.TERM_INDEX} with a checksum beside them, as Ratis sends and retains them. Confined
 * to the thread that applies entries.
 */
final class SnapshotFiles {

    private final SimpleStateMachineStorage storage;

    SnapshotFiles(SimpleStateMachineStorage storage) {
        this.storage = storage;
    }

    /** The newest snapshot, or {@code null} when there is none yet. */
    @Nullable
    SingleFileSnapshotInfo newest() {
        return storage.loadLatestSnapshot();
    }

    ClusterState read(SingleFileSnapshotInfo snapshot) throws IOException {
        Path file = snapshot.getFile().getPath();
        try {
            byte[] bytes = Files.readAllBytes(file);
            MD5Hash expected = snapshot.getFile().getFileDigest();
            if (expected != null && !expected.equals(digest(bytes))) {
                throw new IOException("its checksum is wrong");
            }
            return LogCodec.decodeSnapshot(bytes);
        } catch (IOException e) {
            throw new IOException(
                    "cannot read the cluster log's snapshot " + file + ": " + e.getMessage()
                            + "; remove this node from the cluster, delete its raft directory and join it anew",
                    e);
        }
    }

    /** Durable when it returns. */
    void write(TermIndex at, ClusterState state) throws IOException {
        Path file = storage.getSnapshotFile(at.getTerm(), at.getIndex()).toPath();
        byte[] bytes = LogCodec.encodeSnapshot(state);
        MD5Hash digest = digest(bytes);
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        // The checksum goes first: a snapshot under its final name always has one.
        File target = file.toFile();
        MD5FileUtil.saveMD5File(target, digest);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path directory = file.getParent();
        if (directory != null) {
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, digest), at));
    }

    private static MD5Hash digest(byte[] bytes) {
        try {
            return MD5Hash.newInstance(MessageDigest.getInstance("MD5").digest(bytes)); // Ratis' choice; no secret
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
