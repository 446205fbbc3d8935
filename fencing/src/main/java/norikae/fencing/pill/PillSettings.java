package norikae.fencing.pill;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import norikae.failover.fencing.Fencer;
import norikae.fencing.device.DeviceSettings;
import org.jspecify.annotations.Nullable;

/**
 * A server that watches its mailboxes on shared disks ({@code "sharedDisks"} with {@code "pill": true} in its {@code
 * node.json}).
 *
 * @param disks all that it watches, in any order
 * @param node whose slot it is
 * @param order RESET if left out, or OFF
 * @param from who writes, for those who read the mailbox; {@code norikae} if left out
 */
public record PillSettings(List<Path> disks, String node, PillMessage order, String from) implements DeviceSettings {

    private static final int DISKS_MAX = 3;

    public PillSettings(
            @Nullable List<Path> disks, @Nullable String node, @Nullable PillMessage order, @Nullable String from) {
        if (disks == null || disks.isEmpty() || disks.size() > DISKS_MAX || disks.contains(null)) {
            throw new IllegalArgumentException("there are no disks: write those that the server watches, one to "
                    + DISKS_MAX + " of them, such as [\"/dev/disk/by-id/…\"]");
        }
        if (new HashSet<>(disks).size() != disks.size()) {
            throw new IllegalArgumentException("a disk is named twice: it would count as two, and is one");
        }
        for (Path disk : disks) {
            if (!disk.isAbsolute()) {
                throw new IllegalArgumentException("disk '" + disk + "' is not an absolute path: start it with /");
            }
        }
        if (node == null || node.isEmpty()) {
            throw new IllegalArgumentException("there is no node: write the name under which the server has its slot");
        }
        if (order != null && order != PillMessage.RESET && order != PillMessage.OFF) {
            throw new IllegalArgumentException(
                    "order '" + order.word() + "' does not stop a server for certain: write reset or off");
        }
        this.disks = List.copyOf(disks);
        this.node = node;
        this.order = order == null ? PillMessage.RESET : order;
        this.from = from == null || from.isEmpty() ? "norikae" : from;
    }

    @Override
    public Fencer open(Path home) {
        return new PillFencer(disks, node, order, from);
    }

    @Override
    public boolean leavesOff() {
        return order == PillMessage.OFF;
    }
}
