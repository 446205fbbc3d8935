package norikae.mirror.wire;

import java.io.IOException;

/** What came from the peer is not what this protocol allows; the connection is of no more use. */
public final class WireException extends IOException {

    private static final long serialVersionUID = 1L;

    public WireException(String message) {
        super(message);
    }
}
