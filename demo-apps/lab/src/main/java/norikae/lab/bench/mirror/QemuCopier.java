package norikae.lab.bench.mirror;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** QEMU's mirror job, from its beginning until it says that both are the same. */
record QemuCopier(Hosts hosts) implements Copier {

    @Override
    public String name() {
        return "qemu-storage-daemon";
    }

    @Override
    public void reset(long bytes) throws IOException {
        DataFile.makeEmpty(copied(), bytes);
    }

    @Override
    public Duration copy(boolean toEmpty) throws IOException, InterruptedException {
        try (QemuNbd _ = QemuNbd.ofTarget(hosts);
                QemuMirror mirror = QemuMirror.start(hosts)) {
            Duration took = mirror.mirror(QemuMirror.CopyMode.BACKGROUND);
            mirror.endMirror();
            return took;
        }
    }

    @Override
    public Path copied() {
        return hosts.onTarget(Hosts.DATA);
    }
}
