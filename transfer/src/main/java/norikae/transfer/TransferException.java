package norikae.transfer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A stream ended without a whole image. The message names the move, the peer, and how many bytes of frames had
 * been handed to the link.
 */
public abstract sealed class TransferException extends IOException
        permits TransferFailedException,
                TransferInterruptedException,
                TransferRefusedException,
                TransferAbortedException {

    private final String moveId;
    private final String peer;
    private final long bytes;

    TransferException(String what, StreamPlace place, @Nullable Throwable cause) {
        super(what + ": move=" + place.moveId() + " peer=" + place.peer() + " bytes=" + place.bytes(), cause);
        this.moveId = place.moveId();
        this.peer = place.peer();
        this.bytes = place.bytes();
    }

    /** The move whose image it was; {@code ?} if the peer never said. */
    public final String moveId() {
        return moveId;
    }

    /** The other side: address, and certificate name if one was shown. */
    public final String peer() {
        return peer;
    }

    /** Bytes of frames sent (at the source) or received (at the target) so far. */
    public final long bytes() {
        return bytes;
    }
}
