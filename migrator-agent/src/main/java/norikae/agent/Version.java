package norikae.agent;

import java.util.Objects;

/** The version of this software. */
public final class Version {

    private Version() {}

    /** As in the jar's manifest; {@code development} when run from classes. */
    public static String current() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "development");
    }
}
