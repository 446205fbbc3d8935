package norikae.fencing;

import java.util.List;
import java.util.Map;
import norikae.fencing.device.DeviceSettings;
import org.jspecify.annotations.Nullable;

/** The shape of {@code fencing.json}. */
record PlanDocument(Map<String, Target> nodes) {

    private static final int LEVELS_MAX = 8;
    private static final int DEVICES_MAX = 8;

    PlanDocument(@Nullable Map<String, Target> nodes) {
        if (nodes == null) {
            throw new IllegalArgumentException("there is no nodes: write {\"nodes\": {\"node-a\": {\"levels\": …}}}");
        }
        if (nodes.containsValue(null)) {
            throw new IllegalArgumentException("a node is null: write {\"levels\": …}, or leave the node out");
        }
        this.nodes = nodes;
    }

    boolean holdsSecret() {
        return nodes.values().stream()
                .flatMap(target -> target.levels.stream())
                .flatMap(List::stream)
                .anyMatch(DeviceSettings::holdsSecret);
    }

    record Target(List<List<DeviceSettings>> levels) {

        Target(@Nullable List<List<DeviceSettings>> levels) {
            if (levels == null || levels.isEmpty()) {
                throw new IllegalArgumentException(
                        "there are no levels: write a list of levels, each a list of devices, or leave the node out");
            }
            requireAtMost(LEVELS_MAX, levels.size(), "levels");
            levels.forEach(Target::requireUsable);
            this.levels = levels;
        }

        private static void requireUsable(@Nullable List<DeviceSettings> devices) {
            if (devices == null || devices.isEmpty() || devices.contains(null)) {
                throw new IllegalArgumentException(
                        "a level has no device, or null in place of one, so it could prove nothing: remove it");
            }
            requireAtMost(DEVICES_MAX, devices.size(), "devices in one level");
            if (devices.size() > 1 && !devices.stream().allMatch(DeviceSettings::leavesOff)) {
                throw new IllegalArgumentException("a level has several devices, and one of them starts the server"
                        + " again (method cycle): it would never be off on all of them; use method off");
            }
        }

        private static void requireAtMost(int most, int number, String what) {
            if (number > most) {
                throw new IllegalArgumentException("there are " + number + " " + what + ", at most " + most);
            }
        }
    }
}
