package norikae.fencing.self;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The first and only file system of a guest: busybox, the kernel's watchdog modules, a JVM, and our classes. */
final class GuestImage {

    private static final Path TOOLS =
            Path.of(System.getenv().getOrDefault("NORIKAE_TOOLS", "/usr/local/lib/norikae"), "guest-kernel");
    /** In the order of loading; Debian's kernel has none of them built in. */
    private static final List<String> MODULES = List.of(
            "watchdog",
            "i6300esb",
            "virtio_ring",
            "virtio",
            "virtio_pci_legacy_dev",
            "virtio_pci_modern_dev",
            "virtio_pci",
            "virtio_blk");

    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox mount -t proc proc /proc
            /bin/busybox mount -t sysfs sysfs /sys
            /bin/busybox mount -t devtmpfs devtmpfs /dev
            # Part of the kernel in some distributions.
            for module in MODULES; do
              [ ! -e /modules/$module.ko ] || /bin/busybox insmod /modules/$module.ko
            done
            /jre/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData --enable-native-access=ALL-UNNAMED \
              -cp '/app/*:/app/classes' norikae.fencing.self.GuestMain
            echo GUEST ENDED
            /bin/busybox poweroff -f
            """;

    private GuestImage() {}

    static Path kernel() {
        return TOOLS.resolve("vmlinuz");
    }

    /** Builds it below {@code work}; returns the cpio archive. */
    static Path build(Path work) throws IOException, InterruptedException {
        Path root = work.resolve("root");
        for (String directory : List.of("bin", "dev", "proc", "sys", "tmp", "app/classes", "modules")) {
            Files.createDirectories(root.resolve(directory));
        }
        Files.setPosixFilePermissions(
                Files.writeString(root.resolve("init"), INIT.replace("MODULES", String.join(" ", MODULES))),
                PosixFilePermissions.fromString("rwxr-xr-x"));
        Path busybox = Path.of("/bin/busybox");
        Files.copy(busybox, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String module : MODULES) {
            Path from = TOOLS.resolve("modules").resolve(module + ".ko");
            if (Files.exists(from)) {
                Files.copy(from, root.resolve("modules").resolve(module + ".ko"));
            }
        }
        copyClasses(root.resolve("app"));
        Path jre = root.resolve("jre");
        run(List.of(
                Path.of(System.getProperty("java.home"), "bin/jlink").toString(),
                "--add-modules=java.base",
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--output",
                jre.toString()));
        copyLibraries(root, jre, busybox);
        Path archive = work.resolve("guest.cpio");
        run(List.of(
                "sh", "-c", "cd '" + root + "' && find . | cpio --quiet --create --format=newc >'" + archive + "'"));
        return archive;
    }

    /** What this JVM's class path holds of ours and of SLF4J. */
    private static void copyClasses(Path app) throws IOException {
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path from = Path.of(entry);
            String name = String.valueOf(from.getFileName());
            if (Files.isDirectory(from)) {
                copyTree(from, app.resolve("classes"));
            } else if (name.startsWith("slf4j-api") || name.startsWith("norikae-")) {
                Files.copy(from, app.resolve(name));
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The C library and whatever else those programs load, as ldd tells. */
    private static void copyLibraries(Path root, Path jre, Path busybox) throws IOException, InterruptedException {
        Set<Path> libraries = new TreeSet<>();
        try (Stream<Path> files = Files.walk(jre)) {
            List<Path> programs = Stream.concat(
                            files.filter(file -> file.toString().endsWith(".so")),
                            Stream.of(jre.resolve("bin/java"), busybox))
                    .toList();
            for (Path program : programs) {
                for (String line : output(List.of("ldd", program.toString())).split("\n")) {
                    for (String word : line.strip().split("\\s+")) {
                        if (word.startsWith("/") && !word.startsWith(jre.toString())) {
                            libraries.add(Path.of(word));
                        }
                    }
                }
            }
        }
        for (Path library : libraries) {
            if (Files.isRegularFile(library)) {
                Path to = root.resolve(Path.of("/").relativize(library));
                Files.createDirectories(to.resolveSibling("."));
                Files.copy(library.toRealPath(), to, StandardCopyOption.REPLACE_EXISTING);
                Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + output);
        }
    }

    /** Its exit code is no matter: ldd complains of static programs. */
    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
