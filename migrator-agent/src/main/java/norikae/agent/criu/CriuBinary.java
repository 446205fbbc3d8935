package norikae.agent.criu;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A CRIU program that is new enough.
 *
 * @param path absolute
 * @param version what it says of itself
 * @param leavesLazy whether it can leave memory out of a dump that travels by another way ({@code
 *     bin/lib/criu.patch}); others read all of it while the tree stands still
 */
public record CriuBinary(Path path, CriuVersion version, boolean leavesLazy) {

    private static final String LEAVES_LAZY = "Norikae: leave-lazy, given-maps";

    private static final String PROPERTY = "norikae.criu";
    private static final String VARIABLE = "NORIKAE_CRIU";
    private static final Path INSTALLED_BY_SETUP = Path.of("/usr/local/lib/norikae/criu");
    private static final String REMEDY = "install CRIU " + CriuVersion.OLDEST_SUPPORTED
            + " or newer (bin/setup does), or" + " name one in the node's configuration (criu:) or in " + VARIABLE;
    private static final long ANSWER_SECONDS_MAX = 10;

    /**
     * Looks for CRIU where the system property {@code norikae.criu} or the variable {@code NORIKAE_CRIU} says; else in
     * PATH and where {@code bin/setup} puts it, taking the first that is new enough.
     *
     * @throws CriuException naming every place that was looked at, and the remedy
     */
    public static CriuBinary find() throws CriuException {
        String named = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        if (named != null && !named.isBlank()) {
            return at(Path.of(named));
        }
        List<String> refused = new ArrayList<>();
        for (Path candidate : candidates()) {
            if (!Files.isExecutable(candidate)) {
                continue;
            }
            try {
                return at(candidate);
            } catch (CriuException e) {
                refused.add(e.getMessage());
            }
        }
        if (refused.isEmpty()) {
            throw new CriuException("no criu in PATH nor at " + INSTALLED_BY_SETUP + "; " + REMEDY);
        }
        throw new CriuException(String.join("; ", refused));
    }

    /**
     * This very program.
     *
     * @throws CriuException if it does not answer or is too old
     */
    public static CriuBinary at(Path path) throws CriuException {
        List<String> said = ask(path);
        CriuVersion version;
        try {
            version = CriuVersion.parse(said.getFirst());
        } catch (IllegalArgumentException e) {
            throw new CriuException(path + " --version: " + e.getMessage() + "; " + REMEDY, e);
        }
        if (version.compareTo(CriuVersion.OLDEST_SUPPORTED) < 0) {
            throw new CriuException(
                    path + " is CRIU " + version + ", too old to work on kernels from 6.13 on; " + REMEDY);
        }
        return new CriuBinary(path.toAbsolutePath(), version, said.contains(LEAVES_LAZY));
    }

    private static List<Path> candidates() {
        List<Path> found = new ArrayList<>();
        String path = System.getenv("PATH");
        if (path != null) {
            for (String directory : path.split(File.pathSeparator, -1)) {
                if (!directory.isEmpty()) {
                    found.add(Path.of(directory, "criu"));
                }
            }
        }
        found.add(Path.of("/usr/sbin/criu"));
        found.add(INSTALLED_BY_SETUP);
        return found.stream().distinct().toList();
    }

    private static List<String> ask(Path path) throws CriuException {
        Process process;
        try {
            process = new ProcessBuilder(path.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new CriuException("cannot run " + path + ": " + e.getMessage() + "; " + REMEDY, e);
        }
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines = output.lines().toList();
            if (!process.waitFor(ANSWER_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0 || lines.isEmpty()) {
                throw new CriuException(path + " --version does not answer; " + REMEDY);
            }
            return lines;
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new CriuException(path + " --version: " + e.getMessage() + "; " + REMEDY, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CriuException("interrupted while asking " + path + " for its version", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
