package norikae.fencing.ipmi;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The two suites that authenticate, sign and encrypt with algorithms which are not broken; all use AES-CBC-128. */
enum CipherSuite {
    /** RAKP-HMAC-SHA1, HMAC-SHA1-96. */
    SHA1(3, 1, 1, "HmacSHA1", 20, 12),
    /** RAKP-HMAC-SHA256, HMAC-SHA256-128. */
    SHA256(17, 3, 4, "HmacSHA256", 32, 16);

    static final int AES_CBC_128 = 1;

    /** The number by which IPMI calls it. */
    final int number;

    final int authentication;
    final int integrity;

    /** Bytes of the codes in RAKP 2 and 3. */
    final int digestLength;

    /** Bytes of the code in RAKP 4 and of the one that ends each packet. */
    final int signatureLength;

    private final String hmac;

    CipherSuite(int number, int authentication, int integrity, String hmac, int digestLength, int signatureLength) {
        this.number = number;
        this.authentication = authentication;
        this.integrity = integrity;
        this.hmac = hmac;
        this.digestLength = digestLength;
        this.signatureLength = signatureLength;
    }

    static CipherSuite of(int number) {
        return Arrays.stream(values())
                .filter(suite -> suite.number == number)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("cipherSuite " + number
                        + " is not supported: write 17 (SHA-256), or 3 (SHA-1) for an older BMC"));
    }

    byte[] hmac(byte[] key, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance(hmac);
            mac.init(new SecretKeySpec(key, hmac));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks " + hmac, e);
        }
    }

    byte[] signature(byte[] key, byte[]... parts) {
        return Arrays.copyOf(hmac(key, parts), signatureLength);
    }
}
