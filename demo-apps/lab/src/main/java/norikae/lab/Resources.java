package norikae.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Scripts that lie beside our classes. */
final class Resources {

    private Resources() {}

    static void copy(String name, Path to) throws IOException {
        try (InputStream stream = Resources.class.getResourceAsStream("/norikae/lab/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("resource " + name + " is missing from the laboratory's jar");
            }
            Files.copy(stream, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
