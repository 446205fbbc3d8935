package norikae.fencing.pill;

import java.io.IOException;

/** Header or slot are not what they were: the disk was made anew, or another server has the slot. */
final class PillChangedException extends IOException {

    private static final long serialVersionUID = 1L;

    PillChangedException(String message) {
        super(message);
    }
}
