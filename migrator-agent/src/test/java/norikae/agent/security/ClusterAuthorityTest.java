package norikae.agent.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import norikae.transfer.PeerIdentity;
import norikae.transfer.PeerIdentity.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterAuthorityTest {

    private static final InstantSource CLOCK = InstantSource.system();
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final Path pki;

    ClusterAuthorityTest(@TempDir Path directory) {
        pki = directory.resolve("pki");
    }

    @Test
    void aNewAuthorityKeepsItsFilesForItsOwnerAloneAndIsFoundAgain() throws Exception {
        ClusterAuthority made = ClusterAuthority.create(pki, "demo", CLOCK);
        assertThat(mode(pki)).isEqualTo("rwx------");
        assertThat(mode(pki.resolve("ca.key"))).isEqualTo("rw-------");
        assertThat(ClusterAuthority.isHeldIn(pki)).isTrue();
        assertThat(ClusterAuthority.load(pki, CLOCK).certificate()).isEqualTo(made.certificate());
        assertThat(made.certificate().getBasicConstraints()).isZero();
    }

    @Test
    void anExistingAuthorityIsNotOverwritten() throws Exception {
        ClusterAuthority.create(pki, "demo", CLOCK);
        String before = Files.readString(pki.resolve("ca.crt"));
        assertThatThrownBy(() -> ClusterAuthority.create(pki, "demo", CLOCK))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds a cluster's authority already");
        assertThat(Files.readString(pki.resolve("ca.crt"))).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void aCertificateSaysNameAndRoleAndOnlyANodesMayServe(Role role) throws Exception {
        ClusterAuthority authority = ClusterAuthority.create(pki, "demo", CLOCK);
        KeyPair keys = KeyPairs.generate();
        SigningRequest request = SigningRequest.parse(SigningRequest.create("node-a", keys));
        List<String> addresses = role == Role.NODE ? List.of("10.77.0.1") : List.of();
        X509Certificate certificate = authority.issue(request, "node-a", role, addresses, Duration.ofDays(1));

        certificate.verify(authority.certificate().getPublicKey());
        certificate.checkValidity();
        assertThat(certificate.getPublicKey()).isEqualTo(keys.getPublic());
        assertThat(PeerIdentity.of(certificate)).isEqualTo(new PeerIdentity("node-a", role));
        assertThat(certificate.getBasicConstraints()).as("it is no authority").isEqualTo(-1);
        if (role == Role.NODE) {
            assertThat(certificate.getExtendedKeyUsage()).containsExactlyInAnyOrder(SERVER_AUTH, CLIENT_AUTH);
            assertThat(certificate.getSubjectAlternativeNames())
                    .containsExactlyInAnyOrder(List.of(2, "node-a"), List.of(7, "10.77.0.1"));
        } else {
            assertThat(certificate.getExtendedKeyUsage()).containsExactly(CLIENT_AUTH);
            assertThat(certificate.getSubjectAlternativeNames()).isNull();
        }
    }

    @Test
    void noTwoCertificatesShareASerialNumber() throws Exception {
        ClusterAuthority authority = ClusterAuthority.create(pki, "demo", CLOCK);
        KeyPair keys = KeyPairs.generate();
        Set<Object> serials = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            serials.add(authority
                    .issue(keys.getPublic(), "viewer", Role.VIEWER, List.of(), Duration.ofDays(1))
                    .getSerialNumber());
        }
        assertThat(serials).hasSize(20);
    }

    @Test
    void aCertificateEndsNoLaterThanItsAuthority() throws Exception {
        ClusterAuthority authority = ClusterAuthority.create(pki, "demo", CLOCK);
        X509Certificate certificate = authority.issue(
                KeyPairs.generate().getPublic(), "op", Role.OPERATOR, List.of(), Duration.ofDays(365_000));
        assertThat(certificate.getNotAfter()).isEqualTo(authority.certificate().getNotAfter());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a,OU=node", "a b", "-a", "ä", "a\nb"})
    void aNameThatCouldPassForMoreThanANameIsRefused(String name) throws Exception {
        ClusterAuthority authority = ClusterAuthority.create(pki, "demo", CLOCK);
        assertThatThrownBy(() -> authority.issue(
                        KeyPairs.generate().getPublic(), name, Role.VIEWER, List.of(), Duration.ofDays(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot stand in a certificate");
    }

    @Test
    void aRequestForAnotherNameIsRefused() throws Exception {
        ClusterAuthority authority = ClusterAuthority.create(pki, "demo", CLOCK);
        SigningRequest request = SigningRequest.parse(SigningRequest.create("node-b", KeyPairs.generate()));
        assertThatThrownBy(() -> authority.issue(request, "node-a", Role.NODE, List.of(), Duration.ofDays(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("says 'node-b'");
    }

    @Test
    void aKeyThatOthersMayReadAndOneThatIsMissingAreNamed() throws Exception {
        assertThatThrownBy(() -> ClusterAuthority.load(pki, CLOCK))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not hold the authority's key");
        ClusterAuthority.create(pki, "demo", CLOCK);
        Files.setPosixFilePermissions(pki.resolve("ca.key"), PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> ClusterAuthority.load(pki, CLOCK))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("rw-r-----")
                .hasMessageContaining("chmod 600");
    }

    @Test
    void nothingSecretStandsInItsText() throws Exception {
        ClusterAuthority authority = ClusterAuthority.create(pki, "demo", CLOCK);
        assertThat(authority.toString()).contains("demo").doesNotContain("KEY");
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
