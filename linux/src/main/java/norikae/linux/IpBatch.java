package norikae.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs ip(8) once for several lines. Thread-safe. */
final class IpBatch {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MESSAGE_BYTES_MAX = 8192;

    private IpBatch() {}

    static void run(List<String> options, List<String> lines) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(options);
        command.addAll(List.of("-batch", "-"));
        UnixSockets.StreamPair in = UnixSockets.streamPair();
        UnixSockets.StreamPair err = UnixSockets.streamPair();
        try (StreamSocket input = in.ours();
                StreamSocket errors = err.ours();
                ChildProcess ip = start(command, in.theirs(), err.theirs())) {
            byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
            input.write(ByteBuffer.allocateDirect(text.length).put(text).flip());
            input.shutdownOutput();
            String message = readText(errors);
            ExitStatus status = ip.awaitExit(PATIENCE)
                    .orElseThrow(() -> new IOException("ip did not end within " + PATIENCE + ": " + lines));
            if (!status.success()) {
                throw new IOException("ip " + status + ": " + message.strip().replace('\n', ' ') + " in " + lines);
            }
        }
    }

    private static ChildProcess start(List<String> command, OwnedFd in, OwnedFd err) throws IOException {
        try (in;
                err) {
            return Spawn.of(command)
                    .environment(Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C"))
                    .inherit(in, 0)
                    .inherit(err, 2)
                    .start();
        }
    }

    private static String readText(StreamSocket from) throws LinuxException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES_MAX);
        while (buffer.hasRemaining() && from.read(buffer) >= 0) {
            // until the end, or until there is enough to say what is wrong
        }
        return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
    }
}
