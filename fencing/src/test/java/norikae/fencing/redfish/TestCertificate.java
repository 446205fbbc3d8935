package norikae.fencing.redfish;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A self-signed certificate, as BMCs come with, made by the JDK's keytool. */
record TestCertificate(Path pem, Path store) {

    private static final String STORE_PASSWORD = "changeit";

    /** @param name as in {@code ip:127.0.0.1} or {@code dns:bmc} */
    static TestCertificate make(Path directory, String alias, String name) throws IOException, InterruptedException {
        Path store = directory.resolve(alias + ".p12");
        Path pem = directory.resolve(alias + ".pem");
        keytool(store, "-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", "CN=bmc", "-ext", "SAN=" + name);
        keytool(store, "-exportcert", "-rfc", "-alias", alias, "-file", pem.toString());
        return new TestCertificate(pem, store);
    }

    private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        builder.command().addAll(List.of(arguments));
        builder.command().addAll(List.of("-keystore", store.toString(), "-storepass", STORE_PASSWORD));
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("keytool: " + output);
        }
    }

    SSLContext serverContext() throws IOException {
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, STORE_PASSWORD.toCharArray());
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, STORE_PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
