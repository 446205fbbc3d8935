package ledger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A bank that may lie: for each request it says what a given {@link Liar} makes of it. One thread a connection. */
final class FalseBank implements AutoCloseable {
    /** Ends the connection without an answer. */
    static final String HANG_UP = "(hang up)";

    /** Decides what is answered to a request, and whether the books are touched. */
    interface Liar {
        /** The lines to answer with: none, one, or several. Called for one request at a time. */
        List<String> answer(String request, Books books) throws InterruptedException;
    }

    /** The true books behind it. */
    static final class Books {
        private final Bank bank = new Bank();

        String honest(String request) {
            List<String> words = LineServer.words(request);
            try {
                return switch (words.get(0)) {
                    case "OPEN" -> bank.open(words.get(1), words.get(2));
                    case "TRANSFER" -> bank.transfer(words);
                    case "AUDIT" -> bank.audit(words.get(1));
                    default -> "ERR unknown";
                };
            } catch (Bank.RefusedException e) {
                return "ERR " + e.getMessage();
            }
        }
    }

    private final Liar liar;
    private final Books books = new Books();
    private final ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    private final ConcurrentLinkedQueue<Socket> sockets = new ConcurrentLinkedQueue<>();

    FalseBank(Liar liar) throws IOException {
        this.liar = liar;
        start(this::accept);
    }

    /** True to everything but transfers. */
    static FalseBank lyingAboutTransfers(Liar liar) throws IOException {
        return new FalseBank((request, books) ->
                request.startsWith("TRANSFER") ? liar.answer(request, books) : List.of(books.honest(request)));
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                start(() -> talk(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void talk(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            OutputStream out = socket.getOutputStream();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                for (String answer : answers(line)) {
                    if (answer.equals(HANG_UP)) {
                        return;
                    }
                    out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // the client has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized List<String> answers(String line) throws InterruptedException {
        return new ArrayList<>(liar.answer(line, books));
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "false-bank");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
