package norikae.lab.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import norikae.lab.LabException;

/** A PostgreSQL server as a service whose database is on a volume; trusts everybody, as befits a laboratory. Immutable. */
public final class Postgres {

    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

    private Postgres() {}

    /**
     * The command that runs it, and makes its database first if there is none.
     *
     * @param volume where the volume is mounted
     */
    public static List<String> command(String volume) {
        Path programs = programs();
        // A database that is not quite made yet has another name: whoever starts after a power cut makes it anew.
        String script = """
                set -e
                if [ ! -d %1$s/db ]; then
                  rm -rf %1$s/new
                  %2$s/initdb --pgdata=%1$s/new --auth=trust --username=postgres --encoding=UTF8 --locale=C >/dev/null
                  echo 'host all all all trust' >>%1$s/new/pg_hba.conf
                  sync --file-system %1$s
                  mv %1$s/new %1$s/db
                fi
                rm -f %1$s/db/postmaster.pid
                exec %2$s/postgres -D %1$s/db -c listen_addresses='*' -c unix_socket_directories= -c shared_buffers=32MB
                """.formatted(volume, programs);
        return List.of("/bin/sh", "-c", script);
    }

    private static Path programs() {
        try (Stream<Path> versions = Files.list(VERSIONS)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                    .max(Comparator.comparing(Path::toString))
                    .orElseThrow(() -> new LabException(
                            "there is no PostgreSQL server below " + VERSIONS + ": bin/setup installs one"));
        } catch (IOException e) {
            throw new LabException("there is no PostgreSQL server below " + VERSIONS + ": bin/setup installs one", e);
        }
    }
}
