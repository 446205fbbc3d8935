package norikae.agent.criu;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to restore, and where to.
 *
 * @param service for messages
 * @param images complete; memory is removed from it as it is read
 * @param networkNamespace file of the capsule's namespace, its link detached
 * @param capsuleGroups {@code cgroup.procs} files of the groups in which the tree shall be built
 * @param ownGroups {@code cgroup.procs} files of the groups to which CRIU itself goes back once the tree is built, so that
 *     freezing the capsule does not freeze CRIU
 * @param lazy takes the memory that is to be filled later; null if all of it is in the images
 * @param files files that take the place of others
 */
public record RestoreRequest(
        String service,
        Path images,
        Path networkNamespace,
        List<Path> capsuleGroups,
        List<Path> ownGroups,
        @Nullable LazyPages lazy,
        List<InheritedFile> files) {

    public RestoreRequest {
        capsuleGroups = List.copyOf(capsuleGroups);
        ownGroups = List.copyOf(ownGroups);
        files = List.copyOf(files);
    }
}
