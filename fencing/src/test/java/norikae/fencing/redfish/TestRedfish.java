package norikae.fencing.redfish;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A Redfish service with one computer system, as the published schema has it, that can misbehave. */
final class TestRedfish implements AutoCloseable {

    enum Fault {
        NONE,
        /** What it may do is in a resource of its own. */
        TELLS_VALUES_BY_ACTION_INFO,
        TELLS_NO_VALUES,
        ANSWERS_200,
        ANSWERS_202,
        /** The first order comes too early. */
        CONFLICTS_AT_FIRST,
        /** Between on and off there is a state that is neither. */
        TAKES_A_WHILE,
        FAILS_AT_FIRST,
        CONFLICTS_ALWAYS,
        NEVER_SWITCHES_OFF,
        SAYS_NOTHING,
        HANGS_UP,
        REFUSES_ORDERS,
        ALLOWS_NO_FORCE_OFF,
        SPEAKS_NO_JSON,
        TELLS_NO_POWER_STATE,
        NEVER_ENDS_ITS_ANSWER,
        TRICKLES,
        SENDS_ELSEWHERE,
        NAMES_ANOTHER_HOST
    }

    private static final String SYSTEM = "/redfish/v1/Systems/437XR1138R2";
    private static final String RESET = SYSTEM + "/Actions/ComputerSystem.Reset";

    private final HttpsServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final String authorization;
    private final Fault fault;
    private final AtomicReference<String> power = new AtomicReference<>("On");
    private final AtomicInteger requests = new AtomicInteger();
    private final List<String> orders = Collections.synchronizedList(new ArrayList<>());

    TestRedfish(TestCertificate certificate, String user, String password, Fault fault) throws IOException {
        this.fault = fault;
        this.authorization =
                "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        this.server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.serverContext()));
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "https://127.0.0.1:" + server.getAddress().getPort();
    }

    boolean serverRuns() {
        return !"Off".equals(power.get());
    }

    /** How many requests came as far as this, past TLS. */
    int requests() {
        return requests.get();
    }

    List<String> orders() {
        return List.copyOf(orders);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean first = requests.getAndIncrement() == 0;
            String body = new String(exchange.getRequestBody().readNBytes(1000), StandardCharsets.UTF_8);
            if (!authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                answer(exchange, 401, "{}");
            } else if (fault == Fault.SAYS_NOTHING) {
                closed.await();
            } else if (fault == Fault.HANGS_UP || (fault == Fault.FAILS_AT_FIRST && first)) {
                return;
            } else if (exchange.getRequestMethod().equals("POST")) {
                answer(exchange, post(exchange.getRequestURI().getPath(), body), "");
            } else {
                get(exchange, exchange.getRequestURI().getPath());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int post(String path, String body) {
        if (!path.equals(RESET)) {
            return 404;
        }
        orders.add(body);
        boolean conflict = fault == Fault.CONFLICTS_ALWAYS || (fault == Fault.CONFLICTS_AT_FIRST && orders.size() == 1);
        if (conflict || fault == Fault.REFUSES_ORDERS) {
            return conflict ? 409 : 403;
        }
        if (fault != Fault.NEVER_SWITCHES_OFF) {
            power.set(fault == Fault.TAKES_A_WHILE ? "PoweringOff" : "Off");
        }
        return fault == Fault.ANSWERS_200 ? 200 : fault == Fault.ANSWERS_202 ? 202 : 204;
    }

    private void get(HttpExchange exchange, String path) throws IOException, InterruptedException {
        switch (fault) {
            case SPEAKS_NO_JSON -> answer(exchange, 200, "<html>Please log in</html>");
            case NEVER_ENDS_ITS_ANSWER -> flood(exchange);
            case TRICKLES -> trickle(exchange);
            case SENDS_ELSEWHERE -> {
                exchange.getResponseHeaders().add("Location", "https://127.0.0.1:1/");
                answer(exchange, 302, "{}");
            }
            default -> {
                String body = resource(path);
                answer(exchange, body.isEmpty() ? 404 : 200, body);
            }
        }
    }

    private String resource(String path) {
        return switch (path) {
            case "/redfish/v1/Systems" ->
                "{\"Members\":[{\"@odata.id\":\"" + SYSTEM + "\"}],\"Members@odata.count\":1}";
            case SYSTEM -> system();
            case SYSTEM + "/ResetActionInfo" ->
                "{\"Parameters\":[{\"Name\":\"ResetType\",\"AllowableValues\":[\"On\",\"ForceOff\"]}]}";
            default -> "";
        };
    }

    private String system() {
        String state = power.get();
        power.compareAndSet("PoweringOff", "Off");
        String values =
                switch (fault) {
                    case TELLS_NO_VALUES -> "";
                    case TELLS_VALUES_BY_ACTION_INFO -> ",\"@Redfish.ActionInfo\":\"" + SYSTEM + "/ResetActionInfo\"";
                    case ALLOWS_NO_FORCE_OFF -> ",\"ResetType@Redfish.AllowableValues\":[\"On\",\"GracefulShutdown\"]";
                    default -> ",\"ResetType@Redfish.AllowableValues\":[\"On\",\"ForceOff\",\"ForceRestart\"]";
                };
        String target = fault == Fault.NAMES_ANOTHER_HOST ? "https://127.0.0.1:1/reset" : RESET;
        return "{\"Id\":\"437XR1138R2\""
                + (fault == Fault.TELLS_NO_POWER_STATE ? "" : ",\"PowerState\":\"" + state + '"')
                + ",\"Actions\":{\"#ComputerSystem.Reset\":{\"target\":\"" + target + '"' + values + "}}}";
    }

    private void flood(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            byte[] blanks = " ".repeat(65536).getBytes(StandardCharsets.US_ASCII);
            while (closed.getCount() > 0) {
                out.write(blanks);
            }
        }
    }

    private void trickle(HttpExchange exchange) throws IOException, InterruptedException {
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            while (!closed.await(50, TimeUnit.MILLISECONDS)) {
                out.write(' ');
                out.flush();
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
