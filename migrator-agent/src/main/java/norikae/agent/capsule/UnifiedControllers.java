package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import norikae.linux.Cgroup;

/** Controllers of the v2 hierarchy; cgroups(7). Thread-safe: what it does twice does no harm. */
final class UnifiedControllers {

    private final Path root;

    UnifiedControllers(Cgroup root) {
        this.root = root.directory();
    }

    /** Whether v2 has the controller; if not, v1 may. */
    boolean has(String controller) throws IOException {
        return words(root.resolve("cgroup.controllers")).contains(controller);
    }

    /** Gives {@code group} the controller: every group above it must pass it on. */
    void enable(String controller, Cgroup group) throws IOException {
        List<Path> above = new ArrayList<>();
        for (Path path = group.directory().getParent();
                path != null && path.startsWith(root);
                path = path.getParent()) {
            above.addFirst(path);
        }
        for (Path path : above) {
            Path control = path.resolve("cgroup.subtree_control");
            try {
                if (!words(control).contains(controller)) {
                    Files.writeString(control, "+" + controller, StandardOpenOption.WRITE);
                }
            } catch (IOException e) {
                throw new CapsuleException(
                        "cgroup " + path + " does not pass the controller '" + controller
                                + "' on, because processes live in it or nobody may change it: start the agent as a"
                                + " systemd service with Delegate=yes, or remove the service's limit",
                        e);
            }
        }
    }

    void set(Cgroup group, String file, String value) throws IOException {
        Files.writeString(group.directory().resolve(file), value, StandardOpenOption.WRITE);
    }

    private static List<String> words(Path file) throws IOException {
        return Arrays.asList(Files.readString(file).strip().split("\\s+"));
    }
}
