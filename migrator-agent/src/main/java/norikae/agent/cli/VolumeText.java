package norikae.agent.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.spec.ByteSize;

/** Volumes for people. Stateless. */
final class VolumeText {

    private VolumeText() {}

    static List<String> list(VolumeList list) {
        Table table = new Table("volume", "size", "written by", "epoch", "service", "copies");
        for (VolumeStatus volume : list.getVolumesList()) {
            List<String> copies = volume.getCopiesList().stream()
                    .filter(copy -> !copy.getNode().equals(volume.getPrimary()))
                    .map(copy -> copy.getNode() + " (" + standing(copy) + ")")
                    .toList();
            table.row(
                    volume.getName(),
                    ByteSize.format(volume.getBytes()),
                    volume.getPrimary(),
                    Long.toString(volume.getEpoch()),
                    volume.getService().isEmpty() ? "-" : volume.getService(),
                    copies.isEmpty() ? "-" : String.join(", ", copies));
        }
        return table.lines();
    }

    static List<String> status(VolumeStatus volume) {
        List<String> lines = new ArrayList<>();
        lines.add("volume " + volume.getName() + ", " + ByteSize.format(volume.getBytes()) + ", written by "
                + volume.getPrimary() + " under epoch " + volume.getEpoch()
                + (volume.getService().isEmpty() ? "" : " for service " + volume.getService()));
        lines.add(
                volume.getOpen()
                        ? "NBD clients on " + volume.getPrimary() + " find it at " + volume.getUri()
                        : "its primary does not tell of it: it is not open there, or the node does not answer");
        Table table = new Table("copy", "mode", "standing", "state", "behind", "note");
        for (CopyStatus copy : volume.getCopiesList()) {
            boolean primary = copy.getNode().equals(volume.getPrimary());
            table.row(
                    copy.getNode(),
                    primary ? "-" : mode(copy.getMode()),
                    primary ? "primary" : standing(copy),
                    copy.getState().isEmpty() ? "-" : copy.getState().toLowerCase(Locale.ROOT),
                    primary ? "-" : behind(copy),
                    note(copy));
        }
        lines.addAll(table.lines());
        return lines;
    }

    private static String mode(ReplicationMode mode) {
        return mode.name()
                .replace("REPLICATION_MODE_", "")
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    private static String standing(CopyStatus copy) {
        if (copy.getMode() == ReplicationMode.REPLICATION_MODE_ASYNC) {
            return "async";
        }
        return copy.getInSync() ? "in sync" : "behind";
    }

    private static String behind(CopyStatus copy) {
        String history = copy.getHistoryBytes() == 0 ? "" : ByteSize.format(copy.getHistoryBytes());
        String time = copy.getBehindMillis() == 0
                ? ""
                : String.format(Locale.ROOT, "%.1f s", copy.getBehindMillis() / 1_000.0);
        String differing =
                copy.getDifferingBytes() == 0 ? "" : ByteSize.format(copy.getDifferingBytes()) + " to resync";
        String all = String.join(
                ", ",
                java.util.stream.Stream.of(time, history, differing)
                        .filter(part -> !part.isEmpty())
                        .toList());
        return all.isEmpty() ? "-" : all;
    }

    /** With rate and time left, while a resync runs. */
    private static String note(CopyStatus copy) {
        if (copy.getResyncTotalBytes() == 0) {
            return copy.getReason();
        }
        double seconds = Math.max(1, copy.getResyncMillis()) / 1_000.0;
        double rate = copy.getResyncDoneBytes() / seconds;
        long left = copy.getResyncTotalBytes() - copy.getResyncDoneBytes();
        String end =
                rate < 1 ? "" : ", " + Duration.ofSeconds((long) (left / rate)).toSeconds() + " s left";
        return String.format(
                Locale.ROOT,
                "resync %d %%, %s/s, %s sent%s",
                100 * copy.getResyncDoneBytes() / copy.getResyncTotalBytes(),
                ByteSize.format((long) rate),
                ByteSize.format(copy.getResyncSentBytes()),
                end);
    }

    static ExitCode ending(ClusterAction action, VolumeList list) {
        if (!list.getCurrent()) {
            action.warn("the cluster has no majority just now; this is only what the asked node last knew");
            return ExitCode.UNREACHABLE;
        }
        return ExitCode.OK;
    }
}
