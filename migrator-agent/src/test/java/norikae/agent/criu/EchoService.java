package norikae.agent.criu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** What the tests move: answers each line with itself, the number of answers so far, and its monotonic clock. */
final class EchoService {

    static final int PORT = 7000;
    static final String READY = "ready";

    private static final int HEAP_MIB = 48;
    private static final AtomicLong ANSWERS = new AtomicLong();

    private EchoService() {}

    public static void main(String[] arguments) throws IOException {
        byte[][] memory = new byte[HEAP_MIB][1 << 20];
        for (int i = 0; i < memory.length; i++) {
            java.util.Arrays.fill(memory[i], (byte) (i + 1));
        }
        try (ServerSocket server = new ServerSocket(PORT)) {
            System.out.println(READY);
            while (true) {
                Socket socket = server.accept();
                Thread.ofPlatform().start(() -> answer(socket, memory));
            }
        }
    }

    private static void answer(Socket socket, byte[][] memory) {
        try (socket;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                OutputStream out = socket.getOutputStream()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                long number = ANSWERS.incrementAndGet();
                int block = (int) (number % memory.length);
                boolean intact = memory[block][(int) (number % (1 << 20))] == (byte) (block + 1);
                String answer = line + " " + number + " " + System.nanoTime() + " " + intact + "\n";
                out.write(answer.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            System.out.println("broken: " + e.getMessage());
        }
    }
}
