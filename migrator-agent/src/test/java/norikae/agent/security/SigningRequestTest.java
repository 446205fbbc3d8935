package norikae.agent.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.security.KeyPair;
import org.junit.jupiter.api.Test;

class SigningRequestTest {

    @Test
    void aRequestCarriesNameAndPublicKeyAndNotThePrivateOne() throws Exception {
        KeyPair keys = KeyPairs.generate();
        String pem = SigningRequest.create("node-c", keys);
        assertThat(pem).startsWith("-----BEGIN CERTIFICATE REQUEST-----").doesNotContain("PRIVATE");
        SigningRequest request = SigningRequest.parse(pem);
        assertThat(request.name()).isEqualTo("node-c");
        assertThat(request.publicKey()).isEqualTo(keys.getPublic());
    }

    @Test
    void aRequestWithoutProofOfItsKeyIsRefused() throws Exception {
        byte[] der = Pem.decode(
                Pem.SIGNING_REQUEST, SigningRequest.create("node-c", KeyPairs.generate()), "the test's request");
        der[der.length - 1] ^= 1; // in the signature
        assertThatThrownBy(() -> SigningRequest.parse(Pem.encode(Pem.SIGNING_REQUEST, der)))
                .isInstanceOf(IOException.class);
        byte[] renamed = Pem.decode(
                Pem.SIGNING_REQUEST, SigningRequest.create("node-c", KeyPairs.generate()), "the test's request");
        for (int i = 0; i < renamed.length - 6; i++) {
            if (new String(renamed, i, 6, java.nio.charset.StandardCharsets.ISO_8859_1).equals("node-c")) {
                renamed[i + 5] = 'a';
            }
        }
        assertThatThrownBy(() -> SigningRequest.parse(Pem.encode(Pem.SIGNING_REQUEST, renamed)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not signed with its own key");
    }

    @Test
    void whateverIsNotARequestIsRefused() {
        for (String text : new String[] {
            "",
            "hello",
            "-----BEGIN CERTIFICATE REQUEST-----\n!!!\n-----END CERTIFICATE REQUEST-----",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            "x".repeat(100_000)
        }) {
            assertThatThrownBy(() -> SigningRequest.parse(text))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the certificate request");
        }
    }
}
