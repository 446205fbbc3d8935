package norikae.agent.capsule;

import java.io.IOException;

/** A capsule could not be made or taken apart; the message names the service, what failed, and the remedy if known. */
public final class CapsuleException extends IOException {

    private static final long serialVersionUID = 1L;

    public CapsuleException(String message) {
        super(message);
    }

    public CapsuleException(String message, Throwable cause) {
        super(message, cause);
    }
}
