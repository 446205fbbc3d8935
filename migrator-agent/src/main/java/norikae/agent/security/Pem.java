package norikae.agent.security;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** The text form of certificates, keys and requests. Messages name the source, never the content. */
final class Pem {

    static final String CERTIFICATE = "CERTIFICATE";
    static final String PRIVATE_KEY = "PRIVATE KEY";
    static final String SIGNING_REQUEST = "CERTIFICATE REQUEST";

    /** Certificates with P-256 keys have some 600 bytes; nothing here is near this. */
    static final int TEXT_LENGTH_MAX = 64 * 1024;

    private static final int LINE_LENGTH = 64;

    private Pem() {}

    static String encode(String kind, byte[] der) {
        String body = Base64.getMimeEncoder(LINE_LENGTH, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
    }

    static String encode(X509Certificate certificate) {
        try {
            return encode(CERTIFICATE, certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("this certificate has no encoding", e);
        }
    }

    static String encode(PrivateKey key) {
        return encode(PRIVATE_KEY, key.getEncoded());
    }

    /** The first block of {@code kind} in {@code text}. */
    static byte[] decode(String kind, String text, Object source) throws IOException {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw new IOException(
                    source + " has " + text.length() + " characters; at most " + TEXT_LENGTH_MAX + " are allowed");
        }
        String begin = "-----BEGIN " + kind + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + kind + "-----");
        if (from < 0 || to < from) {
            throw new IOException(source + " holds no PEM block '" + kind + "'");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new IOException(source + " holds a damaged PEM block '" + kind + "'");
        }
    }

    static X509Certificate certificate(String text, Object source) throws IOException {
        return certificate(decode(CERTIFICATE, text, source), source);
    }

    static X509Certificate certificate(byte[] der, Object source) throws IOException {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new IOException(source + " holds a damaged certificate: " + e.getMessage(), e);
        }
    }

    static PrivateKey privateKey(String text, Object source) throws IOException {
        return privateKey(decode(PRIVATE_KEY, text, source), source);
    }

    static PrivateKey privateKey(byte[] der, Object source) throws IOException {
        try {
            return KeyFactory.getInstance(KeyPairs.ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException e) {
            throw new IOException(source + " holds no usable P-256 key"); // no cause: it may quote the key
        }
    }

    static String read(Path file) throws IOException {
        try {
            if (Files.size(file) > TEXT_LENGTH_MAX) {
                throw new IOException(
                        file + " has " + Files.size(file) + " bytes; at most " + TEXT_LENGTH_MAX + " are allowed");
            }
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        }
    }
}
