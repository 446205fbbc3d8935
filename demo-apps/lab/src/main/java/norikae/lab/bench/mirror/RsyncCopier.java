package norikae.lab.bench.mirror;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.lab.LabProcess;

/** {@code rsync} to a daemon, in place, comparing by its own rolling hashes where there is something to compare with. */
record RsyncCopier(Hosts hosts) implements Copier {

    private static final int PORT = 7212;
    private static final String CONFIGURATION = "rsyncd.conf";

    @Override
    public String name() {
        return "rsync --inplace";
    }

    @Override
    public void reset(long bytes) throws IOException {
        Files.deleteIfExists(copied());
    }

    @Override
    public Duration copy(boolean toEmpty) throws IOException, InterruptedException {
        Files.writeString(hosts.onTarget(CONFIGURATION), """
                use chroot = false
                uid = 0
                gid = 0
                log file = /dev/null
                [disk]
                path = %s
                read only = false
                """.formatted(Hosts.path("")));
        String address = hosts.target().address();
        try (LabProcess daemon = hosts.target()
                .exec(
                        "rsync",
                        "--daemon",
                        "--no-detach",
                        "--config=" + Hosts.path(CONFIGURATION),
                        "--address=" + address,
                        "--port=" + PORT)) {
            Listening.await(daemon, new InetSocketAddress(address, PORT));
            // Without --ignore-times a file of the same size and time would count as the same. Holes stay holes.
            return Timed.run(
                    hosts.source(),
                    List.of(
                            "rsync",
                            "--inplace",
                            "--sparse",
                            "--fsync",
                            "--ignore-times",
                            Hosts.path(Hosts.DATA),
                            "rsync://" + address + ":" + PORT + "/disk/" + Hosts.DATA));
        }
    }

    @Override
    public Path copied() {
        return hosts.onTarget(Hosts.DATA);
    }
}
