package norikae.fencing.redfish;

import java.io.IOException;

/** The BMC answered what makes trying again useless. */
final class RedfishException extends IOException {

    private static final long serialVersionUID = 1;

    RedfishException(String message) {
        super(message);
    }
}
