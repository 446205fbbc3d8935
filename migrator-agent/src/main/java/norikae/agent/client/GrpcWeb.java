package norikae.agent.client;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import norikae.agent.client.ControlException.Kind;
import norikae.agent.config.ClientConfig.Member;
import org.jspecify.annotations.Nullable;

/**
 * Calls the control API with nothing but the JDK's HTTP client, in the form of gRPC that is made for such clients
 * (gRPC-Web: the trailers come inside the body). The agents speak both forms on the same port. A command lives for a
 * moment, and this starts several times as fast as a full gRPC library. Thread-safe.
 */
final class GrpcWeb implements AutoCloseable {

    private static final String SERVICE = "norikae.control.v1.Cluster";
    private static final String CONTENT_TYPE = "application/grpc-web+proto";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2); // members are near
    private static final int HTTP_OK = 200;
    private static final int PREFIX_BYTES = 5;

    private final SSLContext tls;
    private final HttpClient http;

    GrpcWeb(SSLContext tls) {
        this.tls = tls;
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(tls)
                .sslParameters(parameters)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    /**
     * Makes a call and returns when its answer begins.
     *
     * @param timeout until the answer begins; {@code null} for what takes as long as it takes
     */
    <T> Subscription<T> call(
            Member member, String method, MessageLite request, Parser<T> parser, @Nullable Duration timeout) {
        String name = member.toString();
        HttpRequest.Builder builder = HttpRequest.newBuilder(
                        URI.create("https://" + name + "/" + SERVICE + "/" + method))
                .header("content-type", CONTENT_TYPE)
                .header("accept", CONTENT_TYPE)
                .POST(HttpRequest.BodyPublishers.ofByteArray(frame(request)));
        if (timeout != null) {
            builder.timeout(timeout).header("grpc-timeout", timeout.toSeconds() + "S");
        }
        LivenessWatch watch = new LivenessWatch(member, timeout == null);
        try {
            // Not sendAsync: its result comes by way of the common pool, which the caller may be keeping busy.
            HttpResponse<InputStream> response =
                    watch.whileWaiting(() -> http.send(builder.build(), HttpResponse.BodyHandlers.ofInputStream()));
            requireSuccess(name, response);
            Subscription<T> subscription = new Subscription<>(name, response.body(), parser, watch::close);
            watch.onDeath(subscription::declareDead);
            return subscription;
        } catch (IOException e) {
            watch.close();
            if (watch.isDead()) {
                throw new ControlException(Kind.UNREACHABLE, watch.epitaph(), e);
            }
            throw Failures.of(name, Failures.isWithoutReason(e) ? reasonOf(e, member) : e);
        } catch (InterruptedException e) {
            watch.close();
            Thread.currentThread().interrupt();
            throw new ControlException(Kind.CANCELLED, "interrupted while waiting for " + name, e);
        } catch (ControlException e) {
            watch.close();
            throw e;
        }
    }

    /** Whether somebody takes a connection there, within {@code patience}; nothing is said over it. */
    boolean accepts(Member member, Duration patience) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(member.host(), member.port()), (int) patience.toMillis());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void requireSuccess(String member, HttpResponse<InputStream> response) throws IOException {
        Optional<GrpcStatus> status = GrpcStatus.of(response.headers());
        if (status.isPresent() && !status.get().isOk()) {
            response.body().close();
            throw status.get().toException(member);
        }
        if (response.statusCode() != HTTP_OK) {
            response.body().close();
            throw new ControlException(
                    Kind.FAILED, member + " answered with HTTP status " + response.statusCode() + ": is it an agent?");
        }
    }

    /**
     * A member that does not accept our certificate says so and hangs up, but by then the request is under way, and the
     * reset that it meets can overtake the word. So shake hands once more, and send nothing.
     */
    private IOException reasonOf(IOException failure, Member member) {
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(member.host(), member.port()), (int) CONNECT_TIMEOUT.toMillis());
            plain.setSoTimeout((int) CONNECT_TIMEOUT.toMillis());
            try (Socket socket = tls.getSocketFactory().createSocket(plain, member.host(), member.port(), true)) {
                var unused = socket.getInputStream().read();
            }
            return failure;
        } catch (SSLException e) {
            return e;
        } catch (IOException e) {
            return failure;
        }
    }

    private static byte[] frame(MessageLite request) {
        byte[] content = request.toByteArray();
        return ByteBuffer.allocate(PREFIX_BYTES + content.length)
                .put((byte) 0)
                .putInt(content.length)
                .put(content)
                .array();
    }

    /** Closes connections without waiting for anything. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
