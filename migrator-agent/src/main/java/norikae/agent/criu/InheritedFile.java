package norikae.agent.criu;

import java.nio.file.Path;

/**
 * A file of this node that takes the place of one that the dumped tree held open for appending, such as its log.
 *
 * @param pathInImage absolute path that the tree knew
 * @param file opened for appending, and made if it is not there; it may have any size
 */
public record InheritedFile(Path pathInImage, Path file) {

    /** As CRIU names it: without the first slash. */
    String key() {
        return pathInImage.toString().substring(1);
    }
}
