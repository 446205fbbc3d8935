package norikae.agent.criu;

import java.io.IOException;

/** CRIU cannot do what it was asked for. The message names the service, the phase, CRIU's own reason and a remedy. */
public final class CriuException extends IOException {

    private static final long serialVersionUID = 1L;

    CriuException(String message) {
        super(message);
    }

    CriuException(String message, Throwable cause) {
        super(message, cause);
    }
}
