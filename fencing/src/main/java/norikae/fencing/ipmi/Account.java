package norikae.fencing.ipmi;

import java.nio.charset.StandardCharsets;
import norikae.fencing.device.Secret;

/** Who asks, and how he proves it; immutable. */
record Account(String user, Secret password, CipherSuite suite, Privilege privilege) {

    static final int USER_MAX = 16;
    static final int PASSWORD_MAX = 20;

    byte[] userBytes() {
        return user.getBytes(StandardCharsets.UTF_8);
    }
}
