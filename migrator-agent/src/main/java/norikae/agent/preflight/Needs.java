package norikae.agent.preflight;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Status;
import java.io.IOException;
import java.util.List;
import java.util.SortedSet;
import norikae.agent.peer.ApiException;
import org.jspecify.annotations.Nullable;

/**
 * What a running service needs on any node that it moves to, as its source found it. Travels as JSON.
 *
 * @param cpuFlags processor features of the source: the JVM's compiled code may use any of them
 * @param criuVersion such as 4.2.1
 * @param bootId of the source's kernel
 * @param memoryBytes resident memory of the tree
 * @param addressIp the service's floating address
 */
public record Needs(
        String service,
        SortedSet<String> cpuFlags,
        String cpuModel,
        String kernelRelease,
        String criuVersion,
        String bootId,
        long memoryBytes,
        String user,
        String addressIp,
        List<FileNeed> files) {

    /** More than any sane service has open or mapped; a longer list is not read. */
    static final int JSON_BYTES_MAX = 8 << 20;

    private static final ObjectMapper JSON =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    /** How a process uses a file. */
    public enum Use {
        PROGRAM,
        /** Mapped into memory, read-only or privately: a library, a jar, the JDK's class archive. */
        MAPPED,
        /** Open for reading. */
        READ,
        /** Open for writing, or mapped shared and writable. */
        WRITTEN,
        WORKING_DIRECTORY
    }

    /**
     * @param size bytes, -1 for a directory
     * @param buildId of an ELF file
     * @param inode on the source; equal on a shared or mirrored volume
     * @param device on the source
     * @param locked whether the service holds a lock on it
     */
    public record FileNeed(
            String path,
            Use use,
            long size,
            @Nullable String buildId,
            long modifiedMillis,
            long inode,
            long device,
            boolean locked) {}

    byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("needs of " + service + " cannot be written as JSON", e);
        }
    }

    static Needs fromJson(byte[] json) {
        if (json.length > JSON_BYTES_MAX) {
            throw new ApiException(
                    Status.Code.INVALID_ARGUMENT,
                    "needs of " + json.length + " bytes are too long: at most " + JSON_BYTES_MAX);
        }
        try {
            return JSON.readValue(json, Needs.class);
        } catch (IOException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, "needs cannot be read: " + e.getMessage(), e);
        }
    }
}
