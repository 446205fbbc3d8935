package norikae.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Tells the agents of a laboratory how each node's power is cut: by killing its cgroup. Stateless. */
final class FencingFile {

    private FencingFile() {}

    /** Writes {@code fencing.json} into a node's directory. */
    static void write(Lab lab, Path directory) throws IOException {
        Map<String, Object> nodes = new TreeMap<>();
        for (LabNode node : lab.nodes()) {
            if (node.options().role().runsServices()) {
                Map<String, String> device =
                        Map.of("type", "cgroup", "directory", node.powerSwitch().toString());
                nodes.put(node.name(), Map.of("levels", List.of(List.of(device))));
            }
        }
        Path file = directory.resolve("fencing.json");
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, StateFiles.toJson(Map.of("nodes", nodes)));
    }
}
