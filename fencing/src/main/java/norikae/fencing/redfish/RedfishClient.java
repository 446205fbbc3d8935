package norikae.fencing.redfish;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import norikae.fencing.device.Deadline;
import norikae.fencing.device.Secret;
import org.jspecify.annotations.Nullable;

/** Requests to one BMC. Follows no redirection, and never reads more than is needed. Thread-safe. */
final class RedfishClient implements AutoCloseable {

    private static final long BODY_MAX = 1 << 20;
    private static final Duration REQUEST_PATIENCE = Duration.ofSeconds(10);
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/%$:@!&'()*+,;=-]{1,512}");
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(50).build())
                    .build())
            .build();

    private final String url;
    private final String authorization;
    private final HttpClient http;

    RedfishClient(RedfishSettings settings, Secret password, SSLContext tls, Duration connectPatience) {
        this.url = settings.url();
        this.authorization = "Basic "
                + Base64.getEncoder()
                        .encodeToString(
                                (settings.username() + ":" + password.reveal()).getBytes(StandardCharsets.UTF_8));
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(tls)
                .connectTimeout(connectPatience)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    JsonNode get(String path, Deadline deadline) throws IOException, InterruptedException {
        HttpResponse<byte[]> response =
                send("GET " + path, request(path, deadline).GET(), deadline);
        int status = response.statusCode();
        if (status != 200) {
            throw refused("GET " + path, status);
        }
        try {
            JsonNode tree = JSON.readTree(response.body());
            if (tree == null || !tree.isObject()) {
                throw new RedfishException("GET " + path + " answered no JSON object");
            }
            return tree;
        } catch (JacksonException e) {
            throw new RedfishException("GET " + path + " answered no JSON: is this a Redfish service?");
        }
    }

    /** The status of the answer, one of 200, 202, 204, or 409 if the order does not suit the present state. */
    int post(String path, String body, Deadline deadline) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path, deadline)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        int status = send("POST " + path, request, deadline).statusCode();
        return switch (status) {
            case 200, 202, 204, 409 -> status;
            default -> throw refused("POST " + path, status);
        };
    }

    private HttpRequest.Builder request(String path, Deadline deadline) throws IOException {
        if (!PATH.matcher(path).matches()) {
            throw new RedfishException("the BMC names an address on itself that is none");
        }
        Duration left = deadline.left();
        if (left.isZero()) {
            throw new HttpTimeoutException("no answer in time");
        }
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(left.compareTo(REQUEST_PATIENCE) < 0 ? left : REQUEST_PATIENCE)
                .header("Accept", "application/json")
                .header("OData-Version", "4.0")
                .header("Authorization", authorization);
    }

    private HttpResponse<byte[]> send(String what, HttpRequest.Builder request, Deadline deadline)
            throws IOException, InterruptedException {
        // The time-out of a request ends with its headers; a body that trickles in must not hold us up either.
        CompletableFuture<HttpResponse<byte[]>> answer =
                http.sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), BODY_MAX));
        try {
            return answer.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("no answer to " + what, e);
        } catch (ExecutionException e) {
            throw failed(what, e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private static IOException failed(String what, @Nullable Throwable cause) {
        return switch (cause) {
            case SSLException tls ->
                new RedfishException("TLS: " + tls.getMessage()
                        + ": write 'authority', a PEM file with the certificate of the BMC or of its authority, and a url"
                        + " with the name that stands in it");
            case HttpTimeoutException late -> new IOException("no answer to " + what, late);
            case null -> new IOException(what + " failed");
            default -> new IOException(what + " failed: " + reason(cause), cause);
        };
    }

    /** The innermost message; the outer ones are often empty. */
    private static String reason(Throwable e) {
        String reason = e.getClass().getSimpleName();
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at.getMessage() != null) {
                reason = at.getMessage();
            }
        }
        return reason;
    }

    private static IOException refused(String what, int status) {
        return switch (status) {
            case 401 -> new RedfishException(what + ": the BMC refuses username or password (401): correct them");
            case 403 ->
                new RedfishException(what + ": the user's role may not do this (403): give him the role Operator");
            case 404 -> new RedfishException(what + ": there is no such thing on the BMC (404): correct 'system'");
            case 400, 405 -> new RedfishException(what + ": the BMC does not take this order (" + status + ")");
            default -> new IOException(what + " was answered with status " + status);
        };
    }

    /** Without waiting for requests that hang. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
