package norikae.lab;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds what capsules and moves have on a node: when no service is there, there should be none of it. */
final class NodeTraces {

    private static final String CAPSULE_LINK = "nk";

    /** The bridge that holds detached links; it belongs to the node. */
    private static final String PARKING_BRIDGE = "nkpark0";

    /** The packet gate of the node's agent, which outlives services and moves. */
    private static final String GATE = "norikae_gate";

    private NodeTraces() {}

    static List<Trace> of(Lab lab, LabNode node) {
        List<Trace> all = new ArrayList<>();
        long init = node.init();
        processes(lab, node, all);
        for (Path group : lab.cgroups().existing()) {
            if (group.getParent() != null
                    && group.toString().contains("/" + node.name() + "/")
                    && group.getParent().endsWith("capsules")) {
                all.add(new Trace(node.name(), Trace.Kind.CGROUP, group.toString()));
            }
        }
        for (String line : Proc.lines(init, "mountinfo")) {
            String mounted = line.split(" ", -1)[4];
            if (mounted.startsWith("/run/netns/")) {
                all.add(new Trace(node.name(), Trace.Kind.NETWORK_NAMESPACE, mounted));
            } else if (mounted.startsWith("/run/norikae/")) {
                all.add(new Trace(node.name(), Trace.Kind.MOUNT, mounted));
            }
        }
        for (String line :
                Shell.inNetworkOf(init, "", "ip", "-o", "link", "show").lines().toList()) {
            String link = line.split(": ", -1)[1].split("@", -1)[0];
            if (link.startsWith(CAPSULE_LINK) && !link.equals(PARKING_BRIDGE)) {
                all.add(new Trace(node.name(), Trace.Kind.LINK, link));
            }
        }
        for (String table :
                Shell.inNetworkOf(init, "", "nft", "list", "tables").lines().toList()) {
            if (!table.endsWith(" " + GATE)) {
                all.add(new Trace(node.name(), Trace.Kind.NFT_TABLE, table));
            }
        }
        children(node, "/run/norikae/moves", all);
        return all;
    }

    private static void processes(Lab lab, LabNode node, List<Trace> all) {
        for (long pid : lab.cgroups().allProcesses(node.name() + "/capsules")) {
            all.add(new Trace(node.name(), Trace.Kind.PROCESS, pid + " " + Proc.name(pid)));
        }
        for (long pid : lab.cgroups().allProcesses(node.name())) {
            if (Proc.name(pid).startsWith("criu")) {
                all.add(new Trace(node.name(), Trace.Kind.CRIU, pid + " " + Proc.name(pid)));
            }
        }
    }

    private static void children(LabNode node, String directory, List<Trace> all) {
        Path seen = node.file(directory);
        if (!Files.isDirectory(seen)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(seen)) {
            files.forEach(file ->
                    all.add(new Trace(node.name(), Trace.Kind.MOVE_DIRECTORY, directory + "/" + file.getFileName())));
        } catch (IOException e) {
            // The node went away meanwhile, and all of it with it.
        }
    }
}
