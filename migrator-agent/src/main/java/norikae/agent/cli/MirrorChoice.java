package norikae.agent.cli;

import java.util.Locale;
import norikae.agent.api.v1.MirrorSettings;
import norikae.agent.api.v1.WhenHistoryFull;
import norikae.failover.model.MirrorOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a new volume's replicas are kept up to date. */
public final class MirrorChoice {

    @Option(
            names = "--history",
            paramLabel = "SIZE",
            description = "What may wait in the primary's memory for each asynchronous replica; 64MiB if left out.")
    private @Nullable String history;

    @Option(
            names = "--history-disk",
            paramLabel = "SIZE",
            description = "What may wait on its disk beyond that; 4GiB if left out, 0B for none.")
    private @Nullable String historyDisk;

    @Option(
            names = "--when-full",
            paramLabel = "throttle|resync",
            description =
                    "What happens when that is full: writes wait for the line (throttle; if left out), or go on, and"
                            + " what changed is copied later (resync).")
    private @Nullable String whenFull;

    @Option(
            names = "--resync-rate",
            paramLabel = "SIZE",
            description = "What a resync takes at most in a second, such as 50MiB; no limit if left out.")
    private @Nullable String resyncRate;

    /** {@code null} if nothing was said. */
    @Nullable
    MirrorSettings settings() {
        if (history == null && historyDisk == null && whenFull == null && resyncRate == null) {
            return null;
        }
        MirrorOptions usual = MirrorOptions.DEFAULT;
        return MirrorSettings.newBuilder()
                .setHistoryMemoryBytes(bytes("--history", history, usual.historyMemoryBytes()))
                .setHistoryDiskBytes(bytes("--history-disk", historyDisk, usual.historyDiskBytes()))
                .setWhenFull(whenFull())
                .setResyncBytesPerSecond(bytes("--resync-rate", resyncRate, usual.resyncBytesPerSecond()))
                .build();
    }

    private static long bytes(String option, @Nullable String text, long usual) {
        return text == null ? usual : VolumeSizes.bytes(option, text);
    }

    private WhenHistoryFull whenFull() {
        return switch (whenFull == null ? "throttle" : whenFull.toLowerCase(Locale.ROOT)) {
            case "throttle" -> WhenHistoryFull.WHEN_HISTORY_FULL_THROTTLE;
            case "resync" -> WhenHistoryFull.WHEN_HISTORY_FULL_RESYNC;
            default ->
                throw new CliException(
                        ExitCode.USAGE, "--when-full: '" + whenFull + "' is neither throttle nor resync");
        };
    }
}
