package norikae.agent.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import norikae.transfer.PeerIdentity;
import norikae.transfer.PeerIdentity.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityTest {

    private static final InstantSource CLOCK = InstantSource.system();

    private final Path pki;
    private final ClusterAuthority authority;
    private final ClusterAuthority foreign;

    IdentityTest(@TempDir Path directory) throws IOException {
        pki = directory.resolve("pki");
        authority = ClusterAuthority.create(directory.resolve("ca"), "demo", CLOCK);
        foreign = ClusterAuthority.create(directory.resolve("foreign"), "other", CLOCK);
    }

    @Test
    void aNodeStoresItsIdentityForItselfAloneAndLoadsItAgain() throws Exception {
        Identity identity = store(KeyPairs.generate());
        assertThat(identity.peer()).isEqualTo(new PeerIdentity("node-a", Role.NODE));
        assertThat(identity.expiresAt()).isAfter(Instant.now());
        assertThat(Identity.load(pki)).isEqualTo(identity);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(identity.privateKey())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pki)))
                .isEqualTo("rwx------");
        assertThat(identity.toString()).doesNotContain("BEGIN");
    }

    @Test
    void aMissingFileIsNamedWithTheRemedy() {
        assertThatThrownBy(() -> Identity.load(pki))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("node.crt does not exist")
                .hasMessageContaining("norikae node join");
    }

    @Test
    void aKeyThatOthersMayReadIsRefused() throws Exception {
        Identity identity = store(KeyPairs.generate());
        Files.setPosixFilePermissions(identity.privateKey(), PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> Identity.load(pki)).hasMessageContaining("open to others (rw-r--r--)");
    }

    @Test
    void anExpiredAndAnEarlyCertificateAreRefused() throws Exception {
        store(KeyPairs.generate());
        Instant later = Instant.now().plus(Duration.ofDays(2));
        assertThatThrownBy(() -> Identity.load(pki, () -> later)).hasMessageContaining("expired at");
        Instant earlier = Instant.now().minus(Duration.ofDays(2));
        assertThatThrownBy(() -> Identity.load(pki, () -> earlier)).hasMessageContaining("set the clock right");
    }

    @Test
    void aCertificateOfAnotherClusterIsRefused() throws Exception {
        store(KeyPairs.generate());
        Files.writeString(pki.resolve("ca.crt"), foreign.certificatePem());
        assertThatThrownBy(() -> Identity.load(pki)).hasMessageContaining("was not issued by the authority");
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused() throws Exception {
        store(KeyPairs.generate());
        Files.writeString(
                pki.resolve("node.key"), Pem.encode(KeyPairs.generate().getPrivate()));
        assertThatThrownBy(() -> Identity.load(pki)).hasMessageContaining("does not belong to certificate");
    }

    @Test
    void aDamagedKeyIsNamedButNotQuoted() throws Exception {
        Identity identity = store(KeyPairs.generate());
        String key = Files.readString(identity.privateKey());
        String secret = key.lines().skip(1).findFirst().orElseThrow();
        Files.writeString(identity.privateKey(), key.replace("BEGIN PRIVATE", "BEGIN SECRET"));
        assertThatThrownBy(() -> Identity.load(pki))
                .hasMessageContaining("node.key holds no PEM block")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(secret));
        Files.writeString(identity.privateKey(), key.replace(secret, secret.substring(8)));
        assertThatThrownBy(() -> Identity.load(pki))
                .hasMessageContaining("no usable P-256 key")
                .hasNoCause()
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(secret.substring(8)));
    }

    private Identity store(KeyPair keys) throws IOException {
        SigningRequest request = SigningRequest.parse(SigningRequest.create("node-a", keys));
        String certificate =
                Pem.encode(authority.issue(request, "node-a", Role.NODE, List.of("10.77.0.1"), Duration.ofDays(1)));
        return Identity.store(pki, keys.getPrivate(), certificate, authority.certificatePem());
    }
}
