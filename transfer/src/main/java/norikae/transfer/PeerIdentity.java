package norikae.transfer;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Who a certificate of the cluster belongs to: its subject is {@code CN=<name>, OU=<role>}.
 *
 * @param name the node's, operator's or viewer's name
 * @param role what its holder may do
 */
public record PeerIdentity(String name, Role role) {

    /** Roles that the cluster's certificate authority gives out. */
    public enum Role {
        NODE,
        OPERATOR,
        VIEWER,
        JOINER
    }

    /**
     * Reads the identity out of a certificate that has already been verified.
     *
     * @throws IOException if the subject does not have exactly one CN and one OU with a known role
     */
    public static PeerIdentity of(X509Certificate certificate) throws IOException {
        String subject = certificate.getSubjectX500Principal().getName();
        String name = only(subject, "CN");
        String role = only(subject, "OU");
        for (Role known : Role.values()) {
            if (known.name().toLowerCase(Locale.ROOT).equals(role)) {
                return new PeerIdentity(name, known);
            }
        }
        throw new IOException("certificate's subject '" + subject + "' has the unknown role OU=" + role
                + "; expected node, operator, viewer or joiner");
    }

    private static String only(String subject, String type) throws IOException {
        Optional<String> found = Optional.empty();
        try {
            for (Rdn rdn : new LdapName(subject).getRdns()) {
                if (rdn.size() == 1 && rdn.getType().equalsIgnoreCase(type) && rdn.getValue() instanceof String text) {
                    if (found.isPresent()) {
                        throw new IOException("certificate's subject '" + subject + "' has more than one " + type);
                    }
                    found = Optional.of(text);
                }
            }
        } catch (InvalidNameException e) {
            throw new IOException("certificate's subject '" + subject + "' cannot be read", e);
        }
        return found.filter(text -> !text.isBlank())
                .orElseThrow(() -> new IOException("certificate's subject '" + subject + "' has no " + type
                        + "; certificates of a cluster say CN=<name>, OU=<role>"));
    }
}
