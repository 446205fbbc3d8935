package norikae.transfer;

import org.jspecify.annotations.Nullable;

/**
 * The link broke or fell silent. At the source, after everything was sent, this leaves open whether the target
 * holds the whole image: ask whoever decides about the move.
 */
public final class TransferInterruptedException extends TransferException {

    TransferInterruptedException(String what, StreamPlace place, @Nullable Throwable cause) {
        super("transfer interrupted: " + what, place, cause);
    }
}
