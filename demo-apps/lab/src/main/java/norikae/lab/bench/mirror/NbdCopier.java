package norikae.lab.bench.mirror;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** libnbd's {@code nbdcopy}, from one {@code qemu-nbd} to another. */
record NbdCopier(Hosts hosts) implements Copier {

    @Override
    public String name() {
        return "nbdcopy";
    }

    @Override
    public void reset(long bytes) throws IOException {
        DataFile.makeEmpty(copied(), bytes);
    }

    @Override
    public Duration copy(boolean toEmpty) throws IOException, InterruptedException {
        try (QemuNbd from = QemuNbd.ofSource(hosts);
                QemuNbd to = QemuNbd.ofTarget(hosts)) {
            List<String> command = new ArrayList<>(List.of("nbdcopy", "--flush"));
            if (toEmpty) {
                command.add("--destination-is-zero");
            }
            command.add(from.uri());
            command.add(to.uri());
            return Timed.run(hosts.source(), command);
        }
    }

    @Override
    public Path copied() {
        return hosts.onTarget(Hosts.DATA);
    }
}
