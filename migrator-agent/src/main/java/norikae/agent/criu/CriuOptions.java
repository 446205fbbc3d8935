package norikae.agent.criu;

import java.nio.file.Path;
import norikae.agent.criu.rpc.CriuRpc.CgroupMode;
import norikae.agent.criu.rpc.CriuRpc.NetworkLock;
import norikae.agent.criu.rpc.CriuRpc.Options;

/** What every dump and every restore has in common. */
final class CriuOptions {

    /** The name by which an image refers to the capsule's network namespace. */
    static final String NETWORK_KEY = "norikae-net";

    /** Deleted files that a service still holds open travel up to this size. */
    static final int GHOST_BYTES_MAX = 64 << 20;

    private CriuOptions() {}

    static Options.Builder common(Path images, String logFile) {
        return Options.newBuilder()
                .setImagesDirFd(-1)
                .setImagesDir(images.toString())
                .setLogLevel(CriuSession.LOG_LEVEL)
                .setLogFile(logFile)
                .setNotifyScripts(true)
                .setTcpEstablished(true)
                .setExtUnixSk(true)
                .setShellJob(true)
                .setFileLocks(true)
                .setLinkRemap(true)
                .setGhostLimit(GHOST_BYTES_MAX)
                .setManageCgroupsMode(CgroupMode.CGROUPS_IGNORED)
                .setNetworkLock(NetworkLock.NETWORK_LOCK_SKIP);
    }
}
