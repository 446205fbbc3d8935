package norikae.fencing.ipmi;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import norikae.failover.fencing.Fencer;
import norikae.fencing.device.DeviceSettings;
import norikae.fencing.device.Secret;
import org.jspecify.annotations.Nullable;

/**
 * A BMC that speaks IPMI 2.0 over LAN.
 *
 * @param port {@value #PORT_DEFAULT} unless said otherwise
 * @param cipherSuite 17 (SHA-256) unless said otherwise, or 3 (SHA-1)
 * @param privilege with which the session works, {@code ADMINISTRATOR} unless said otherwise
 * @param method how the server is stopped, {@code OFF} unless said otherwise
 * @param crashDumpSeconds if more than 0, the server first gets a diagnostic interrupt, and so long at most to write a
 *     crash dump
 */
public record IpmiSettings(
        String host,
        int port,
        String username,
        @Nullable Secret password,
        @Nullable Path passwordFile,
        int cipherSuite,
        Privilege privilege,
        Method method,
        int crashDumpSeconds)
        implements DeviceSettings {

    public static final int PORT_DEFAULT = 623;

    private static final int CRASH_DUMP_SECONDS_MAX = 3600;

    /** How the server is stopped. */
    public enum Method {
        /** Power down, which lasts. */
        OFF,
        /** Power cycle, after which the server boots again; proved only if it was seen off in between. */
        CYCLE
    }

    public IpmiSettings {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host is empty: write the address of the BMC");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
        }
        int length = username.getBytes(StandardCharsets.UTF_8).length;
        if (length < 1 || length > Account.USER_MAX) {
            throw new IllegalArgumentException("username must have 1 to " + Account.USER_MAX + " bytes, not " + length);
        }
        Secret.requireOne(password, passwordFile);
        if (password != null) {
            requireShort(password);
        }
        CipherSuite _ = CipherSuite.of(cipherSuite);
        if (crashDumpSeconds < 0 || crashDumpSeconds > CRASH_DUMP_SECONDS_MAX) {
            throw new IllegalArgumentException(
                    "crashDumpSeconds " + crashDumpSeconds + " is not between 0 and " + CRASH_DUMP_SECONDS_MAX);
        }
    }

    @JsonCreator
    static IpmiSettings of(
            @JsonProperty("host") @Nullable String host,
            @JsonProperty("port") @Nullable Integer port,
            @JsonProperty("username") @Nullable String username,
            @JsonProperty("password") @Nullable Secret password,
            @JsonProperty("passwordFile") @Nullable Path passwordFile,
            @JsonProperty("cipherSuite") @Nullable Integer cipherSuite,
            @JsonProperty("privilege") @Nullable Privilege privilege,
            @JsonProperty("method") @Nullable Method method,
            @JsonProperty("crashDumpSeconds") @Nullable Integer crashDumpSeconds) {
        if (host == null || username == null) {
            throw new IllegalArgumentException(
                    "there is no " + (host == null ? "host" : "username") + ": write those of the BMC");
        }
        return new IpmiSettings(
                host,
                port == null ? PORT_DEFAULT : port,
                username,
                password,
                passwordFile,
                cipherSuite == null ? CipherSuite.SHA256.number : cipherSuite,
                privilege == null ? Privilege.ADMINISTRATOR : privilege,
                method == null ? Method.OFF : method,
                crashDumpSeconds == null ? 0 : crashDumpSeconds);
    }

    private static void requireShort(Secret password) {
        if (password.bytes().length > Account.PASSWORD_MAX) {
            throw new IllegalArgumentException("a password for IPMI has at most " + Account.PASSWORD_MAX + " bytes");
        }
    }

    String place() {
        return "ipmi " + username + "@" + host + ":" + port;
    }

    Duration crashDumpTime() {
        return Duration.ofSeconds(crashDumpSeconds);
    }

    @Override
    public boolean holdsSecret() {
        return password != null;
    }

    @Override
    public boolean leavesOff() {
        return method == Method.OFF;
    }

    @Override
    public Fencer open(Path home) throws IOException {
        Secret secret = Secret.resolve(password, passwordFile, home, place());
        try {
            requireShort(secret);
        } catch (IllegalArgumentException e) {
            throw new IOException(place() + ": " + e.getMessage());
        }
        return new IpmiFencer(this, secret);
    }
}
