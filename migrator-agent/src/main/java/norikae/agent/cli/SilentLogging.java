package norikae.agent.cli;

/**
 * The configuration of {@code java.util.logging} for the command: no handlers, so no output. The logging system makes
 * an instance if a library wakes it.
 */
public final class SilentLogging {

    /** Called by reflection. */
    public SilentLogging() {}
}
