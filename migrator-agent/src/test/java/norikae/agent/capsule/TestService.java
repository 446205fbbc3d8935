package norikae.agent.capsule;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

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
            case "deadlock" -> deadlock();
            case "thrash" -> thrash();
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

    /** Two threads wait for each other for ever; the service is alive and well to look at. */
    private static void deadlock() throws IOException {
        Object left = new Object();
        Object right = new Object();
        CyclicBarrier bothHoldOne = new CyclicBarrier(2);
        Thread.ofPlatform().daemon().name("lefty").start(() -> lockBoth(left, right, bothHoldOne));
        Thread.ofPlatform().daemon().name("righty").start(() -> lockBoth(right, left, bothHoldOne));
        echo();
    }

    private static void lockBoth(Object first, Object second, CyclicBarrier bothHoldOne) {
        synchronized (first) {
            try {
                bothHoldOne.await();
            } catch (InterruptedException | BrokenBarrierException e) {
                throw new IllegalStateException(e);
            }
            synchronized (second) {
                System.out.println("impossible");
            }
        }
    }

    /** Lives on in a heap that is all but full of what it cannot let go. */
    private static void thrash() {
        System.out.println(READY);
        List<byte[]> kept = new ArrayList<>(1 << 20);
        while (true) {
            try {
                kept.add(new byte[1 << 10]);
            } catch (OutOfMemoryError e) {
                for (int i = 0; i < 64 && !kept.isEmpty(); i++) {
                    kept.removeLast();
                }
            }
        }
    }
}
