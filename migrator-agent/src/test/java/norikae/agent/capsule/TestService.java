package norikae.agent.capsule;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** What the tests run as a service in a JVM. */
final class TestService {

    static final int PORT = 7000;
    static final String READY = "ready";

    private static final int PIECE_BYTES = 4 << 20;

    private TestService() {}

    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "echo" -> echo();
            case "hog" -> hog();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void echo() throws IOException {
        try (ServerSocket server = new ServerSocket(PORT)) {
            System.out.println(READY);
            while (true) {
                Socket socket = server.accept();
                Thread.ofPlatform().daemon().start(() -> {
                    try (socket) {
                        long _ = socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        System.out.println("broken: " + e.getMessage());
                    }
                });
            }
        }
    }

    private static void hog() {
        System.out.println(READY);
        List<byte[]> all = new ArrayList<>();
        while (true) {
            byte[] piece = new byte[PIECE_BYTES];
            java.util.Arrays.fill(piece, (byte) 1);
            all.add(piece);
            System.out.println(all.size());
        }
    }
}
