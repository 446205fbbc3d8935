package norikae.agent.capsule;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import norikae.agent.ocf.OcfAgent;
import norikae.failover.model.OcfResource;
import norikae.linux.Cgroup;

/**
 * A program that is run inside a running capsule for a moment: as the service's user, with its environment, in its working
 * directory, in its network and PID namespace, and with a /proc that shows the latter. A resource agent sees the files that it
 * wrote, too.
 *
 * <p>It has a control group of its own, beside the capsule's: a freeze of the service does not hold it, the service's limits
 * are not for it, and with the group all that it started dies. Not thread-safe; interrupt the thread to give up.
 */
public final class CapsuleCommand {

    private static final String JOIN = "echo 0 > \"$1\" || exit 126; shift; unset PWD OLDPWD SHLVL; exec \"$@\"";
    private static final int OUTPUT_BYTES_MAX = 64 << 10;
    private static final Duration DEATH = Duration.ofSeconds(5);
    private static final AtomicLong NUMBER = new AtomicLong();

    private final Capsule capsule;
    private final List<String> words;

    private CapsuleCommand(Capsule capsule, List<String> words) {
        this.capsule = capsule;
        this.words = words;
    }

    public static CapsuleCommand of(Capsule capsule, List<String> words) {
        return new CapsuleCommand(capsule, List.copyOf(words));
    }

    /** An action of the service's own resource agent. */
    public static CapsuleCommand ofAgent(Capsule capsule, OcfResource ocf, String action) {
        return new CapsuleCommand(capsule, List.of(OcfAgent.path(ocf).toString(), action));
    }

    /** @param output the beginning of what it wrote, to standard output and error alike */
    public record Ended(int exitCode, String output) {

        /** The last line that says something, empty if there is none. */
        public String lastLine() {
            return output.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .reduce("", (_, line) -> line);
        }
    }

    /**
     * Runs it, and kills what is left of it and its children when it has ended or {@code patience} is over.
     *
     * @throws CapsuleException if it did not end in time, or could not be run
     */
    public Ended run(Duration patience) throws IOException, InterruptedException {
        Cgroup group = capsule.commandsGroup().child(capsule.service() + "-" + NUMBER.incrementAndGet());
        group.create();
        try {
            return run(group, patience);
        } finally {
            group.remove(DEATH);
        }
    }

    private Ended run(Cgroup group, Duration patience) throws IOException, InterruptedException {
        Account account = Account.of(capsule.spec().user());
        ProcessBuilder builder = new ProcessBuilder(commandLine(group, account))
                .directory(Path.of(capsule.spec().workingDirectory()).toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(ServiceEnvironment.of(capsule.spec(), account));
        Process process = builder.start();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Thread reader = Thread.ofVirtual().start(() -> collect(process.getInputStream(), output));
        boolean inTime;
        try {
            inTime = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            group.kill(); // children, too, which would hold the pipe open
            process.destroyForcibly();
        }
        reader.join(DEATH);
        if (!inTime) {
            throw new CapsuleException(words.getFirst() + " did not end within " + patience.toMillis() + " ms");
        }
        String text;
        synchronized (output) {
            text = output.toString(StandardCharsets.UTF_8);
        }
        return new Ended(process.exitValue(), text);
    }

    private List<String> commandLine(Cgroup group, Account account) throws IOException {
        List<String> line = new ArrayList<>(
                List.of(Tools.find("sh"), "-c", JOIN, "probe", group.procsFile().toString()));
        line.addAll(List.of(
                Tools.find("nsenter"), "--net=" + capsule.netnsPath(), "--pid=/proc/" + capsule.initPid() + "/ns/pid"));
        if (capsule.spec().ocf() == null) {
            line.add("--");
            ServiceCommand.withOwnProc().forEach(line::addAll);
        } else {
            line.addAll(List.of(
                    "--mount=/proc/" + capsule.servicePid() + "/ns/mnt",
                    "--wdns=" + capsule.spec().workingDirectory(),
                    "--"));
        }
        LaunchChain.asUser(account).forEach(line::addAll);
        line.addAll(words);
        return line;
    }

    /** Reads on beyond what is kept, so that the program does not wait for us. */
    private static void collect(InputStream from, ByteArrayOutputStream into) {
        byte[] piece = new byte[4 << 10];
        try (from) {
            for (int n = from.read(piece); n >= 0; n = from.read(piece)) {
                synchronized (into) {
                    into.write(piece, 0, Math.min(n, OUTPUT_BYTES_MAX - into.size()));
                }
            }
        } catch (IOException e) {
            // the pipe broke with the process: what was read is what there is
        }
    }
}
