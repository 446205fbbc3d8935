package norikae.fencing.ipmi;

import java.io.IOException;

/** The BMC answered, and refuses: trying again would not help. */
public final class IpmiRefusedException extends IOException {

    private static final long serialVersionUID = 1;

    IpmiRefusedException(String message) {
        super(message);
    }
}
