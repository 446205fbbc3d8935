package norikae.agent.ocf;

import java.io.IOException;

/** A resource agent cannot be used as the spec says; the message names agent, what is wrong and the remedy. */
public final class OcfException extends IOException {

    private static final long serialVersionUID = 1L;

    public OcfException(String message) {
        super(message);
    }

    public OcfException(String message, Throwable cause) {
        super(message, cause);
    }
}
