package norikae.agent.config;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the client's configuration: {@code --config}, {@code $NORIKAE_CONFIG}, {@code ~/.config/norikae/client.json},
 * then the laboratory that was started last on this machine.
 *
 * @param environment of the process
 * @param home of the user
 * @param labs where laboratories keep their run-time files
 */
public record ClientConfigLookup(Map<String, String> environment, Path home, Path labs) {

    public static final String VARIABLE = "NORIKAE_CONFIG";
    public static final String FILE_NAME = "client.json";

    private static final Path LABS_DEFAULT = Path.of("/run/norikae-lab");

    /** The lookup of this process. */
    public static ClientConfigLookup ofThisProcess() {
        return new ClientConfigLookup(System.getenv(), Path.of(System.getProperty("user.home", "/")), LABS_DEFAULT);
    }

    /** Where {@code cluster init} puts the file unless told otherwise. */
    public Path defaultFile() {
        return home.resolve(".config").resolve("norikae").resolve(FILE_NAME);
    }

    /**
     * The file to use.
     *
     * @param option what {@code --config} says, {@code null} if it is not given
     * @throws NoSuchFileException if there is none; its reason says where it was looked for and what to do
     */
    public Path find(@Nullable Path option) throws IOException {
        if (option != null) {
            return existing(option, "named by --config");
        }
        String variable = environment.get(VARIABLE);
        if (variable != null && !variable.isEmpty()) {
            return existing(Path.of(variable), "named by $" + VARIABLE);
        }
        if (Files.isRegularFile(defaultFile())) {
            return defaultFile();
        }
        Path lab = newestLab();
        if (lab != null) {
            return lab;
        }
        throw new NoSuchFileException(
                defaultFile().toString(),
                null,
                "no cluster to talk to: there is no " + defaultFile() + ", no $" + VARIABLE + " and no running lab");
    }

    private static Path existing(Path file, String how) throws NoSuchFileException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, file + ", " + how + ", is not a file");
        }
        return file;
    }

    private @Nullable Path newestLab() throws IOException {
        Path newest = null;
        FileTime newestTime = null;
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(labs)) {
            for (Path folder : folders) {
                Path file = folder.resolve(FILE_NAME);
                if (Files.isRegularFile(file)) {
                    FileTime time = Files.getLastModifiedTime(file);
                    if (newestTime == null || time.compareTo(newestTime) > 0) {
                        newest = file;
                        newestTime = time;
                    }
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return newest; // no lab was ever started here, or one went while we looked
        }
        return newest;
    }
}
