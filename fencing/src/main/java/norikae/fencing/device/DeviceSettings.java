package norikae.fencing.device;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.IOException;
import java.nio.file.Path;
import norikae.failover.fencing.Fencer;

/**
 * How one fencing device is reached, as the operator wrote it; immutable. Constructors throw
 * {@link IllegalArgumentException} with a remedy for what cannot work.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonIgnoreProperties(ignoreUnknown = false)
public interface DeviceSettings {

    /**
     * The device itself. Does not talk to it, but reads the files that the settings name.
     *
     * @param home against which relative file names are read
     * @throws IOException naming the file that could not be read, or that others may read although it holds a secret
     */
    Fencer open(Path home) throws IOException;

    /** Whether a secret is among the settings themselves, so that nobody else may read them. */
    default boolean holdsSecret() {
        return false;
    }

    /**
     * Whether the server stays off once the device has stopped it. One that starts it again cannot stand beside another
     * in a level: the server would never be off on both.
     */
    default boolean leavesOff() {
        return true;
    }
}
