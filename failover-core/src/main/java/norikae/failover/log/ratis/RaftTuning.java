package norikae.failover.log.ratis;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * The numbers that Ratis runs with, each with its reason.
 *
 * @param snapshotEvery entries between two snapshots; a restart replays at most these
 * @param segmentBytes size of one log file; only whole files can be purged
 */
record RaftTuning(long snapshotEvery, int segmentBytes) {

    /** A snapshot of a usual state is some 100 KiB: cheap enough that a restart stays well below a second. */
    static final RaftTuning DEFAULT = new RaftTuning(1_000, 4 * 1024 * 1024);

    /**
     * A follower calls an election when it has heard nothing for a random time in this range; the leader speaks up every
     * half of the minimum (250 ms), and steps down when it has heard from no majority for the maximum. Shorter: a garbage
     * collection, or two processors with ten things to do, deposed healthy leaders (seen with 400 and 700 ms). Longer:
     * moves and commands stand still longer after a leader died; with these, a new one is there after 0.6 to 1.2 s.
     */
    private static final int ELECTION_MILLIS_MIN = 500;

    private static final int ELECTION_MILLIS_MAX = 900;

    /**
     * One attempt of a client at one voter; it then tries another. Just above the time in which a leader is replaced.
     * Doubled after each attempt that timed out, up to the maximum: the first handshake of two cold JVMs on busy cores
     * takes longer.
     */
    static final int ATTEMPT_MILLIS = 1_000;

    static final int ATTEMPT_MILLIS_MAX = 4_000;

    /** A follower that the leader has not heard for so long is tried over a new connection, again after each such time. */
    static final int SILENT_MILLIS = 4_000;

    /**
     * How long the leader leaves a follower alone after an error, by the number of errors in a row. Ratis' own "1ms,10, 1s,20,
     * 5s,1000" means up to 1.5 s, and after half a minute up to 7.5 s, in which not even a heartbeat goes out: with two voters of
     * three, one of which has just come back, the leader then steps down.
     */
    private static final String APPEND_AGAIN = "1ms,10, 200ms,1000000000";

    /** A voter that has known no leader for so long connects to the others anew. */
    private static final int LEADERLESS_MILLIS = 1_500;

    /** How long the leader tries to reach a voter that it is to admit; it admits no other meanwhile. */
    private static final int ADMISSION_MILLIS = 10_000;

    /** Older answers are forgotten: no submission is retried longer than this. */
    static final int RETRY_CACHE_MINUTES = 10;

    private static final int SNAPSHOTS_RETAINED = 2; // the newest, and one in case that one is damaged
    private static final int APPEND_BYTES_MAX = 1024 * 1024; // four of the largest commands in one message
    private static final int SNAPSHOT_CHUNK_BYTES = 1024 * 1024;
    private static final int MESSAGE_BYTES_MAX = 32 * 1024 * 1024; // the whole state, as an answer to a client

    /** For the process: Ratis would end it after a pause of the JVM. */
    private static final int PAUSE_DAYS_MAX = 3_650;

    RaftProperties forServer(RaftSettings settings) {
        RaftProperties p = forClient();
        GrpcConfigKeys.Server.setHost(p, settings.bindAddress());
        GrpcConfigKeys.Server.setPort(p, settings.port());

        RaftServerConfigKeys.setStorageDir(
                p, List.of(settings.storageDirectory().toFile()));
        RaftServerConfigKeys.setRemovedGroupsDir(
                p, settings.storageDirectory().resolve("removed").toFile());

        RaftServerConfigKeys.Rpc.setTimeoutMin(p, millis(ELECTION_MILLIS_MIN));
        RaftServerConfigKeys.Rpc.setTimeoutMax(p, millis(ELECTION_MILLIS_MAX));
        RaftServerConfigKeys.Rpc.setRequestTimeout(p, millis(2_000));
        RaftServerConfigKeys.Rpc.setSlownessTimeout(p, millis(SILENT_MILLIS));
        RaftServerConfigKeys.Notification.setNoLeaderTimeout(p, millis(LEADERLESS_MILLIS));
        RaftServerConfigKeys.setStagingTimeout(p, millis(ADMISSION_MILLIS));
        // A suspended machine must not lose its voter for good: Raft copes with any pause.
        RaftServerConfigKeys.setCloseThreshold(p, TimeDuration.valueOf(PAUSE_DAYS_MAX, TimeUnit.DAYS));

        RaftServerConfigKeys.RetryCache.setExpiryTime(p, TimeDuration.valueOf(RETRY_CACHE_MINUTES, TimeUnit.MINUTES));

        RaftServerConfigKeys.Log.setSegmentSizeMax(p, SizeInBytes.valueOf(segmentBytes));
        RaftServerConfigKeys.Log.setPreallocatedSize(p, SizeInBytes.valueOf(Math.min(segmentBytes, 1024 * 1024)));
        RaftServerConfigKeys.Log.setWriteBufferSize(p, SizeInBytes.valueOf(2 * APPEND_BYTES_MAX));
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, SizeInBytes.valueOf(APPEND_BYTES_MAX));
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(p, APPEND_AGAIN);
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(p, SizeInBytes.valueOf(SNAPSHOT_CHUNK_BYTES));

        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(p, snapshotEvery);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(p, SNAPSHOTS_RETAINED);
        // A voter that is away must not make the others keep their logs: it gets a snapshot when it is back.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
        RaftServerConfigKeys.Log.setPurgeGap(p, 1);
        // Ratis writes an entry after each round of commits that tells of them. It stays on, because so the other
        // voters
        // learn of a commit within milliseconds and not with the next heartbeat.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(p, true);
        return p;
    }

    static RaftProperties forClient() {
        RaftProperties p = new RaftProperties();
        RaftConfigKeys.Rpc.setType(p, SupportedRpcType.GRPC);
        GrpcConfigKeys.setMessageSizeMax(p, SizeInBytes.valueOf(MESSAGE_BYTES_MAX));
        RaftClientConfigKeys.Rpc.setRequestTimeout(p, millis(ATTEMPT_MILLIS_MAX));
        return p;
    }

    private static TimeDuration millis(int millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }
}
