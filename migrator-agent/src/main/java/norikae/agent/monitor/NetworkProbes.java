package norikae.agent.monitor;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import norikae.agent.capsule.Capsule;
import norikae.failover.model.Probe;
import norikae.failover.monitor.ProbeResult;
import norikae.linux.NetworkNamespace;
import org.jspecify.annotations.Nullable;

/**
 * Calls a service on its own address from inside its network namespace: no link, bridge or packet filter of the node has a say
 * in the answer.
 */
final class NetworkProbes {

    private static final int BODY_BYTES_MAX = 1 << 20;
    private static final int OK_MIN = 200;
    private static final int OK_MAX = 399;

    private NetworkProbes() {}

    static ProbeResult tcp(Capsule capsule, int port, Duration timeout) throws IOException {
        return inside(capsule, () -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address(capsule), port), millis(timeout));
                return ProbeResult.healthy("connected");
            } catch (ConnectException | SocketTimeoutException e) {
                return ProbeResult.sick("no connection to port " + port + ": " + e.getMessage());
            }
        });
    }

    static ProbeResult http(Capsule capsule, Probe.Http wanted, Duration timeout) throws IOException {
        return inside(capsule, () -> {
            try {
                return get(capsule, wanted, timeout);
            } catch (ConnectException | SocketTimeoutException e) {
                return ProbeResult.sick("no answer from port " + wanted.port() + ": " + e.getMessage());
            }
        });
    }

    private static ProbeResult get(Capsule capsule, Probe.Http wanted, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        URI uri = URI.create("http://" + address(capsule).getHostAddress() + ":" + wanted.port() + wanted.path());
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
        try {
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setConnectTimeout(millis(timeout));
            connection.setRequestProperty("Connection", "close"); // the next run of the service has the same address
            connection.setRequestProperty("User-Agent", "norikae-monitor");
            connection.connect();
            connection.setReadTimeout((int) Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            int status = connection.getResponseCode();
            if (wanted.status() == null ? status < OK_MIN || status > OK_MAX : status != wanted.status()) {
                return ProbeResult.sick("status " + status);
            }
            if (wanted.contains() != null && !body(connection, deadline).contains(wanted.contains())) {
                return ProbeResult.sick("status " + status + ", but the answer does not contain the expected text");
            }
            return ProbeResult.healthy("status " + status);
        } finally {
            connection.disconnect();
        }
    }

    /** Its beginning, if it is long. @throws SocketTimeoutException if it comes so slowly that the time is over */
    private static String body(HttpURLConnection connection, long deadline) throws IOException {
        try (InputStream in = stream(connection)) {
            if (in == null) {
                return "";
            }
            byte[] all = new byte[BODY_BYTES_MAX];
            int length = 0;
            for (int n = in.read(all); n > 0; n = in.read(all, length, all.length - length)) {
                length += n;
                if (System.nanoTime() - deadline > 0) {
                    throw new SocketTimeoutException("its answer came too slowly");
                }
            }
            return new String(all, 0, length, StandardCharsets.UTF_8);
        }
    }

    private static @Nullable InputStream stream(HttpURLConnection connection) throws IOException {
        InputStream error = connection.getErrorStream();
        return error != null || connection.getResponseCode() >= 400 ? error : connection.getInputStream();
    }

    private static <T> T inside(Capsule capsule, java.util.concurrent.Callable<T> work) throws IOException {
        return NetworkNamespace.of(capsule.netnsPath()).call(work);
    }

    /** From its digits: nobody is asked for a name. */
    private static InetAddress address(Capsule capsule) throws IOException {
        return InetAddress.getByName(capsule.spec().address().ip());
    }

    private static int millis(Duration timeout) {
        return Math.toIntExact(timeout.toMillis());
    }
}
