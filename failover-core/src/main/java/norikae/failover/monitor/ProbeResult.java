package norikae.failover.monitor;

/**
 * What one probe found.
 *
 * @param text one line: what is wrong, or what was seen
 */
public record ProbeResult(boolean healthy, String text) {

    public static ProbeResult healthy(String text) {
        return new ProbeResult(true, text);
    }

    public static ProbeResult sick(String text) {
        return new ProbeResult(false, text);
    }
}
