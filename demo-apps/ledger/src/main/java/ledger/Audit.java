package ledger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What the bank says when it is asked for the truth.
 *
 * @param sum all balances together
 * @param deposited all money that ever came in
 * @param transfers all transfers ever done
 * @param duplicates requests that came again and were not done again
 * @param appliedByClient how many transfers were done for each client
 */
record Audit(long sum, long deposited, long transfers, long duplicates, Map<String, Long> appliedByClient) {
    boolean isConserved() {
        return sum == deposited;
    }

    /** Asks over a connection of its own. */
    static Audit ask(InetSocketAddress address, String clientPrefix, Duration timeout) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, (int) timeout.toMillis());
            socket.setSoTimeout((int) timeout.toMillis());
            socket.getOutputStream().write(("AUDIT " + clientPrefix + "\n").getBytes(StandardCharsets.UTF_8));
            String reply = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            if (reply == null) {
                throw new IOException("the bank ended the connection instead of answering AUDIT");
            }
            return parse(reply);
        }
    }

    static Audit parse(String reply) throws IOException {
        if (!reply.startsWith("OK ")) {
            throw new IOException("the bank refused the audit: " + reply);
        }
        Map<String, String> fields = new HashMap<>();
        for (String word : LineServer.words(reply.substring(3))) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                fields.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        try {
            Map<String, Long> applied = new HashMap<>();
            String clients = fields.getOrDefault("clients", "-");
            if (!clients.equals("-")) {
                for (String client : clients.split(",", -1)) {
                    String[] parts = client.split(":", -1);
                    applied.put(parts[0], Long.parseLong(parts[2]));
                }
            }
            return new Audit(
                    number(fields, "sum"),
                    number(fields, "deposited"),
                    number(fields, "transfers"),
                    number(fields, "duplicates"),
                    applied);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IOException("the audit is not understood: " + reply, e);
        }
    }

    private static long number(Map<String, String> fields, String name) {
        return Long.parseLong(fields.getOrDefault(name, ""));
    }
}
