package norikae.failover.log;

import java.io.IOException;

/** The log could not be reached, or has no majority. The outcome of what was asked is unknown, not negative. */
public final class LogUnavailableException extends IOException {

    private static final long serialVersionUID = 1L;

    public LogUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
