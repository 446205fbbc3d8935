package norikae.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds and removes everything of a laboratory by its name alone, whatever came between. */
final class LabRemains {

    private LabRemains() {}

    static List<Trace> of(String lab) {
        List<Trace> all = new ArrayList<>();
        Cgroups cgroups = Cgroups.ofLab(lab);
        for (long pid : cgroups.allProcesses("")) {
            all.add(new Trace("", Trace.Kind.PROCESS, pid + " " + Proc.name(pid)));
        }
        cgroups.existing().forEach(group -> all.add(new Trace("", Trace.Kind.CGROUP, group.toString())));
        String link = LabSwitch.hostLink(lab);
        if (Files.exists(Path.of("/sys/class/net", link))) {
            all.add(new Trace("", Trace.Kind.LINK, link));
        }
        LabDirectories directories = LabDirectories.of(lab);
        for (Path directory : List.of(directories.run(), directories.disks())) {
            for (String line : Proc.lines(Path.of("/proc/self/mountinfo"))) {
                String mounted = line.split(" ", -1)[4];
                if (Path.of(mounted).startsWith(directory)) {
                    all.add(new Trace("", Trace.Kind.MOUNT, mounted));
                }
            }
            if (Files.exists(directory)) {
                all.add(new Trace("", Trace.Kind.DIRECTORY, directory.toString()));
            }
        }
        return all;
    }

    /** Kills first: namespaces, their links, mounts and firewall rules go with the last process in them. */
    static void remove(String lab) {
        Cgroups cgroups = Cgroups.ofLab(lab);
        cgroups.kill("");
        LabSwitch.removeHostLink(lab);
        cgroups.remove("");
        for (Trace trace : of(lab)) {
            if (trace.kind() == Trace.Kind.MOUNT) {
                Shell.run("umount", "-l", trace.name());
            }
        }
        LabDirectories.of(lab).delete();
    }
}
