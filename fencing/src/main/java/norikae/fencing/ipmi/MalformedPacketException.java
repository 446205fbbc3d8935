package norikae.fencing.ipmi;

import java.io.IOException;

/** A datagram is not what IPMI says it must be; whoever waits for an answer goes on waiting. */
final class MalformedPacketException extends IOException {

    private static final long serialVersionUID = 1;

    MalformedPacketException(String message) {
        super(message);
    }
}
