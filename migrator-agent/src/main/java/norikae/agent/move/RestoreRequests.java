package norikae.agent.move;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import norikae.agent.capsule.EmptyCapsule;
import norikae.agent.criu.InheritedFile;
import norikae.agent.criu.LazyPages;
import norikae.agent.criu.RestoreRequest;
import norikae.failover.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Tells CRIU where the pieces of a capsule are that it does not make itself. */
final class RestoreRequests {

    private RestoreRequests() {}

    /**
     * @param lazy takes memory that is filled later; null if all of it is in the images
     * @param sourceLogPath the file that the tree's output went to on the source
     */
    static RestoreRequest of(
            ServiceName service,
            EmptyCapsule empty,
            ImageDirectory images,
            @Nullable LazyPages lazy,
            Path sourceLogPath)
            throws IOException {
        return new RestoreRequest(
                service.value(),
                images.directory(),
                empty.netnsPath(),
                empty.cgroupProcsFiles(),
                empty.agentProcsFiles(),
                lazy,
                List.of(new InheritedFile(sourceLogPath, empty.logPath())));
    }
}
