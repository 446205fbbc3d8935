package norikae.agent.criu;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What to dump, and where to.
 *
 * @param service for messages
 * @param rootPid PID 1 of the capsule, by the number that this node sees
 * @param images an empty directory for everything but memory; its file system limits how much may come
 * @param networkNamespaceInode the capsule's network namespace, which stays outside the image
 * @param processes everything in the capsule; stopped by signal before CRIU is let at it
 * @param memoryTravels private memory without a file behind it travels by another way, and may be left out
 * @param stopPatience how long stopping them may take
 */
public record DumpRequest(
        String service,
        int rootPid,
        Path images,
        long networkNamespaceInode,
        ProcessTable processes,
        boolean memoryTravels,
        Duration stopPatience) {}
