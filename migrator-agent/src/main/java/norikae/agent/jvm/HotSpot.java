package norikae.agent.jvm;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.linux.NoSuchProcessException;
import norikae.linux.Procfs;

/**
 * One running HotSpot JVM, spoken to through its attach mechanism, as {@code jcmd} does it; reaches into other namespaces.
 *
 * <p>The handshake is the JDK's own. The requests that follow are HotSpot's protocol version 1, which JDK 6 to 25 understand:
 * {@code 1}, the operation and three arguments, each ended by a zero byte; answered by a status line and text.
 *
 * <p>Not thread-safe. Calls wait for the JVM, which answers between two of its safepoints; interrupt the thread to give up.
 */
final class HotSpot {

    private static final int ANSWER_BYTES_MAX = 1 << 20;
    private static final int THREADS_BYTES_MAX = 64 << 20; // of ten thousand threads
    private static final int SIGQUIT = 3;
    private static final Pattern FLAG = Pattern.compile("-XX:\\w+=(\\d{1,18})\\s*");

    private final int pid;
    private final Path socket;

    private HotSpot(int pid, Path socket) {
        this.pid = pid;
        this.socket = socket;
    }

    /**
     * Attaches to a process if it is a JVM that can be attached to.
     *
     * @throws IOException if it is one, and does not answer
     */
    static Optional<HotSpot> attach(int pid) throws IOException {
        try {
            if (!isAttachable(pid)) {
                return Optional.empty();
            }
            int inner = Procfs.namespacePids(pid).getLast();
            VirtualMachine.attach(Integer.toString(pid)).detach();
            return Optional.of(new HotSpot(pid, Path.of("/proc/" + pid + "/root/tmp/.java_pid" + inner)));
        } catch (AttachNotSupportedException e) {
            throw new IOException("the JVM pid=" + pid + " cannot be attached to: " + e.getMessage(), e);
        } catch (NoSuchProcessException e) {
            return Optional.empty();
        }
    }

    static boolean isJvm(int pid) throws IOException {
        return Procfs.maps(pid).stream().anyMatch(m -> m.path().endsWith("/libjvm.so"));
    }

    /** The handshake sends a signal that kills a process which does not know it. */
    private static boolean isAttachable(int pid) throws IOException {
        if (!isJvm(pid)) {
            return false;
        }
        long caught = Long.parseUnsignedLong(Procfs.status(pid).getOrDefault("SigCgt", "0"), 16);
        List<String> words = Procfs.commandLine(pid);
        return (caught & 1L << (SIGQUIT - 1)) != 0 && !words.contains("-XX:+DisableAttachMechanism");
    }

    int pid() {
        return pid;
    }

    /** Runs a diagnostic command, such as {@code GC.heap_info}; returns what it printed. */
    String command(String line) throws IOException {
        return request("jcmd", line);
    }

    /** Stacks of all threads, and deadlocks if there are any; answered at a safepoint. */
    String threads() throws IOException {
        return request(THREADS_BYTES_MAX, "jcmd", "Thread.print");
    }

    /** The value of a numeric flag. */
    long flag(String name) throws IOException {
        String answer = request("printflag", name);
        Matcher value = FLAG.matcher(answer);
        if (!value.matches()) {
            throw new IOException("the JVM pid=" + pid + " answers " + answer.strip() + " when asked for " + name);
        }
        return Long.parseLong(value.group(1));
    }

    /** Sets a flag that HotSpot calls manageable. */
    void setFlag(String name, long value) throws IOException {
        String _ = request("setflag", name, Long.toString(value));
    }

    private String request(String operation, String... arguments) throws IOException {
        return request(ANSWER_BYTES_MAX, operation, arguments);
    }

    private String request(int bytesMax, String operation, String... arguments) throws IOException {
        StringBuilder request = new StringBuilder("1\0").append(operation).append('\0');
        for (int i = 0; i < 3; i++) {
            request.append(i < arguments.length ? arguments[i] : "").append('\0');
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer out = ByteBuffer.wrap(request.toString().getBytes(StandardCharsets.UTF_8));
            while (out.hasRemaining()) {
                channel.write(out);
            }
            String answer = readAll(channel, bytesMax);
            int end = answer.indexOf('\n');
            if (end < 0 || !answer.substring(0, end).equals("0")) {
                throw new IOException("the JVM pid=" + pid + " refuses " + operation + " " + String.join(" ", arguments)
                        + ": " + answer.strip());
            }
            return answer.substring(end + 1);
        }
    }

    private String readAll(SocketChannel channel, int bytesMax) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(8 << 10);
        while (channel.read(buffer) >= 0) {
            answer.write(buffer.array(), 0, buffer.position());
            buffer.clear();
            if (answer.size() > bytesMax) {
                throw new IOException("the JVM pid=" + pid + " answers with more than " + bytesMax + " bytes");
            }
        }
        return answer.toString(StandardCharsets.UTF_8);
    }
}
