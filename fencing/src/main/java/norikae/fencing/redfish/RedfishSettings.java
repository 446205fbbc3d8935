package norikae.fencing.redfish;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import norikae.failover.fencing.Fencer;
import norikae.fencing.device.DeviceSettings;
import norikae.fencing.device.Secret;
import org.jspecify.annotations.Nullable;

/**
 * A BMC that speaks Redfish.
 *
 * @param url of the BMC, such as {@code https://10.0.0.9}
 * @param system the last part of the computer system's address; {@code null} if the BMC has exactly one
 * @param authority a PEM file with the certificate, or its authority's, that the BMC must show; {@code null} for the
 *     authorities of this JDK
 */
public record RedfishSettings(
        String url,
        @Nullable String system,
        String username,
        @Nullable Secret password,
        @Nullable Path passwordFile,
        @Nullable Path authority)
        implements DeviceSettings {

    private static final Pattern SYSTEM = Pattern.compile("[A-Za-z0-9._~-]{1,128}");

    public RedfishSettings(
            @Nullable String url,
            @Nullable String system,
            @Nullable String username,
            @Nullable Secret password,
            @Nullable Path passwordFile,
            @Nullable Path authority) {
        if (url == null || username == null) {
            throw new IllegalArgumentException(
                    "there is no " + (url == null ? "url" : "username") + ": write those of the BMC");
        }
        this.url = requireBase(url);
        if (system != null && !SYSTEM.matcher(system).matches()) {
            throw new IllegalArgumentException("system '" + system
                    + "' is not the last part of an address: write one like 1 or System.Embedded.1");
        }
        if (username.isEmpty() || username.contains(":") || username.chars().anyMatch(c -> c < ' ')) {
            throw new IllegalArgumentException("username is empty, or has a colon or a control character in it");
        }
        Secret.requireOne(password, passwordFile);
        this.system = system;
        this.username = username;
        this.password = password;
        this.passwordFile = passwordFile;
        this.authority = authority;
    }

    private static String requireBase(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("url is not an address: write one like https://10.0.0.9");
        }
        if (uri.getUserInfo() != null) {
            throw new IllegalArgumentException("url has a user in it: write username and password beside it");
        }
        boolean bare = uri.getPath() == null
                || uri.getPath().isEmpty()
                || uri.getPath().equals("/");
        if (!"https".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null || !bare || uri.getQuery() != null) {
            throw new IllegalArgumentException(
                    "url '" + url + "' is not https, a host and perhaps a port: write one like https://10.0.0.9");
        }
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    @Override
    public boolean holdsSecret() {
        return password != null;
    }

    @Override
    public Fencer open(Path home) throws IOException {
        Secret secret = Secret.resolve(password, passwordFile, home, "redfish " + url);
        SSLContext tls = authority == null ? Authority.ofThisJdk() : Authority.load(home.resolve(authority));
        return new RedfishFencer(this, secret, tls);
    }
}
