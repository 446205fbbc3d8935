package norikae.agent.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.MirrorSettings;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.api.v1.WhenHistoryFull;
import norikae.agent.spec.ByteSize;

/** Volumes for people. Stateless. */
final class VolumeText {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

    private VolumeText() {}

    static List<String> list(VolumeList list) {
        Table table = new Table("volume", "size", "written by", "epoch", "service", "copies");
        for (VolumeStatus volume : list.getVolumesList()) {
            List<String> copies = volume.getCopiesList().stream()
                    .filter(copy -> !copy.getNode().equals(volume.getPrimary()))
                    .map(copy -> copy.getNode() + " ("
                            + (sharesWithPrimary(volume, copy) ? "shares " + copy.getShared() : brief(volume, copy))
                            + ")")
                    .toList();
            table.row(
                    volume.getName(),
                    ByteSize.format(volume.getBytes()),
                    volume.getIdle() ? "- (idle)" : volume.getPrimary(),
                    Long.toString(volume.getEpoch()),
                    volume.getService().isEmpty() ? "-" : volume.getService(),
                    copies.isEmpty() ? "-" : String.join(", ", copies));
        }
        return table.lines();
    }

    /** Its standing; and what it waits for, or how much it lacks. */
    private static String brief(VolumeStatus volume, CopyStatus copy) {
        String more =
                switch (copy.getState()) {
                    case "REFUSED" -> ", refused";
                    case "RESYNCING" ->
                        copy.getResyncTotalBytes() == 0
                                ? ", resync"
                                : ", resync " + 100 * copy.getResyncDoneBytes() / copy.getResyncTotalBytes() + " %";
                    default -> behind(copy).equals("-") ? "" : ", " + behind(copy);
                };
        return standing(volume, copy) + more;
    }

    static List<String> status(VolumeStatus volume) {
        List<String> lines = new ArrayList<>();
        lines.add("volume " + volume.getName() + ", " + ByteSize.format(volume.getBytes()) + ", written by "
                + (volume.getIdle() ? "nobody" : volume.getPrimary()) + " under epoch " + volume.getEpoch()
                + (volume.getService().isEmpty() ? "" : " for service " + volume.getService()));
        lines.add(where(volume));
        if (volume.hasMirror()) {
            lines.add(mirror(volume.getMirror()));
        }
        if (volume.getLossyEpoch() > 0) {
            lines.add(
                    "acknowledged writes were lost when epoch " + volume.getLossyEpoch()
                            + " began: a copy that returns from before waits for 'norikae volume resync', for it may hold them");
        }
        Table table = new Table("copy", "mode", "standing", "state", "behind", "consistent at", "note");
        for (CopyStatus copy : volume.getCopiesList()) {
            boolean primary = copy.getNode().equals(volume.getPrimary());
            table.row(
                    copy.getNode(),
                    primary || sharesWithPrimary(volume, copy) ? "-" : mode(copy.getMode()),
                    primary ? "primary" : standing(volume, copy),
                    copy.getState().isEmpty() ? "-" : copy.getState().toLowerCase(Locale.ROOT),
                    primary ? "-" : behind(copy),
                    consistent(copy),
                    note(copy));
        }
        lines.addAll(table.lines());
        volume.getCopiesList().stream()
                .filter(copy -> !copy.getUnknownGeneration().isEmpty())
                .forEach(copy -> lines.addAll(choice(volume, copy)));
        return lines;
    }

    /** Whether its copy is the very one that is written. */
    private static boolean sharesWithPrimary(VolumeStatus volume, CopyStatus copy) {
        return !copy.getShared().isEmpty()
                && !copy.getNode().equals(volume.getPrimary())
                && volume.getCopiesList().stream()
                        .anyMatch(other -> other.getNode().equals(volume.getPrimary())
                                && other.getShared().equals(copy.getShared()));
    }

    private static String where(VolumeStatus volume) {
        if (volume.getIdle()) {
            return "it is idle: 'norikae volume promote " + volume.getName()
                    + " --to NODE' has a node write it, one of " + wholeOn(volume);
        }
        if (!volume.getComplaint().isEmpty()) {
            return "its primary cannot open it: " + volume.getComplaint();
        }
        return volume.getOpen()
                ? "NBD clients on " + volume.getPrimary() + " find it at " + volume.getUri()
                : "its primary does not tell of it: it is not open there, or the node does not answer";
    }

    private static String mirror(MirrorSettings mirror) {
        return "history " + ByteSize.format(mirror.getHistoryMemoryBytes()) + " in memory and "
                + ByteSize.format(mirror.getHistoryDiskBytes()) + " on disk, then "
                + (mirror.getWhenFull() == WhenHistoryFull.WHEN_HISTORY_FULL_RESYNC ? "resync" : "throttle")
                + "; resync "
                + (mirror.getResyncBytesPerSecond() == 0
                        ? "as fast as it can"
                        : "at most " + ByteSize.format(mirror.getResyncBytesPerSecond()) + "/s");
    }

    /** What the operator is asked for, and what it costs. */
    private static List<String> choice(VolumeStatus volume, CopyStatus copy) {
        return List.of(
                "the copy on " + copy.getNode() + " has writes of generation " + copy.getUnknownGeneration() + ", by "
                        + copy.getUnknownWriter() + " under epoch " + copy.getUnknownEpoch()
                        + ", that this volume lacks. To lose them and join it again:",
                "  norikae volume resync " + volume.getName() + " " + copy.getNode() + " --discard "
                        + copy.getUnknownGeneration());
    }

    /** The nodes whose copies have every acknowledged write. */
    static String wholeOn(VolumeStatus volume) {
        return volume.getCopiesList().stream()
                .filter(CopyStatus::getInSync)
                .map(CopyStatus::getNode)
                .collect(Collectors.joining(", "));
    }

    static CopyStatus copy(VolumeStatus volume, String node) {
        return volume.getCopiesList().stream()
                .filter(copy -> copy.getNode().equals(node))
                .findFirst()
                .orElseThrow(() ->
                        new CliException(ExitCode.NOT_FOUND, "volume " + volume.getName() + " has no copy on " + node));
    }

    private static String mode(ReplicationMode mode) {
        return mode.name()
                .replace("REPLICATION_MODE_", "")
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    private static String standing(VolumeStatus volume, CopyStatus copy) {
        if (sharesWithPrimary(volume, copy)) {
            return "one copy with " + volume.getPrimary();
        }
        if (copy.getMode() == ReplicationMode.REPLICATION_MODE_ASYNC && !volume.getIdle()) {
            return "async";
        }
        return copy.getInSync() ? "in sync" : "behind";
    }

    private static String behind(CopyStatus copy) {
        List<String> parts = new ArrayList<>();
        if (copy.getBehindMillis() > 0) {
            parts.add(String.format(Locale.ROOT, "%.1f s", copy.getBehindMillis() / 1_000.0));
        }
        if (copy.getHistoryBytes() > 0) {
            parts.add(ByteSize.format(copy.getHistoryBytes()) + " in " + copy.getHistoryOps() + " writes"
                    + (copy.getHistoryDiskBytes() == 0
                            ? ""
                            : " (" + ByteSize.format(copy.getHistoryDiskBytes()) + " on disk)"));
        }
        if (copy.getDifferingBytes() > 0) {
            parts.add(ByteSize.format(copy.getDifferingBytes()) + " to resync");
        }
        return parts.isEmpty() ? "-" : String.join(", ", parts);
    }

    /** When the volume was as the copy is, and the beginning of the generation's name. */
    private static String consistent(CopyStatus copy) {
        if (copy.getConsistentAtMillis() == 0) {
            return "-";
        }
        Instant at = Instant.ofEpochMilli(copy.getConsistentAtMillis());
        String generation = copy.getGeneration();
        return TIME.format(at)
                + (generation.isEmpty() ? "" : " in " + generation.split("-", 2)[0]);
    }

    /** With rate and time left, while a resync or a comparison runs. */
    private static String note(CopyStatus copy) {
        if (copy.getResyncTotalBytes() == 0) {
            return copy.getShared().isEmpty()
                    ? copy.getReason()
                    : "on " + copy.getShared() + (copy.getReason().isEmpty() ? "" : ": " + copy.getReason());
        }
        return String.format(
                Locale.ROOT,
                "%s %d %%, %s, %s sent, %s",
                copy.getState().equals("STREAMING") ? "compared" : "resync",
                100 * copy.getResyncDoneBytes() / copy.getResyncTotalBytes(),
                VolumeGauge.rate(copy),
                ByteSize.format(copy.getResyncSentBytes()),
                VolumeGauge.left(copy));
    }

    static ExitCode ending(ClusterAction action, VolumeList list) {
        if (!list.getCurrent()) {
            action.warn("the cluster has no majority just now; this is only what the asked node last knew");
            return ExitCode.UNREACHABLE;
        }
        return ExitCode.OK;
    }
}
