package norikae.fencing.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import norikae.fencing.agent.AgentProcess.Run;
import norikae.fencing.device.Deadline;
import norikae.fencing.device.Secret;
import org.jspecify.annotations.Nullable;

/**
 * Asks an agent for {@code off}, and then for {@code status} until that says off. Both must agree: 2 is also how a
 * program ends that did not understand its options.
 */
final class AgentFencer implements Fencer {

    private static final int DONE = 0;
    private static final int ON = 0;
    private static final int OFF = 2;

    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    /** What tells devices apart. */
    private static final Set<String> TELLING = Set.of("ip", "ipaddr", "ipport", "plug", "port", "nodename");

    private final AgentSettings settings;
    private final @Nullable Secret secret;

    AgentFencer(AgentSettings settings, @Nullable Secret secret) {
        this.settings = settings;
        this.secret = secret;
    }

    @Override
    public String description() {
        return settings.options().entrySet().stream()
                .filter(option -> TELLING.contains(option.getKey()))
                .map(option -> " " + option.getKey() + "=" + option.getValue())
                .collect(Collectors.joining("", "agent " + settings.agent(), ""));
    }

    @Override
    public FencingResult stop(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        try {
            Path program = AgentProcess.find(settings.agent());
            AgentMetadata metadata = metadata(program, deadline);
            int off = run(program, "off", deadline);
            if (off != DONE) {
                return new Unproven(description() + ": action off ended with exit code " + off + ", not 0; try"
                        + " its options by hand to see why");
            }
            if (!metadata.hasStatus()) {
                return new Confirmed(
                        ProofKind.CONFIRMED_OFF, description() + ": action off succeeded; this agent has no status");
            }
            return awaitOff(program, deadline);
        } catch (IOException e) {
            return new Unproven(description() + ": " + e.getMessage());
        }
    }

    private FencingResult awaitOff(Path program, Deadline deadline) throws IOException, InterruptedException {
        while (true) {
            int status = run(program, "status", deadline);
            if (status == OFF) {
                return new Confirmed(
                        ProofKind.CONFIRMED_OFF, description() + ": action off succeeded, and status says off");
            }
            deadline.pause(LOOK_AGAIN);
            if (deadline.isOver()) {
                return new Unproven(description() + ": action off ended with 0, but "
                        + (status == ON ? "status says on" : "status ended with exit code " + status) + " after "
                        + deadline.patienceText());
            }
        }
    }

    @Override
    public Readiness check(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        try {
            Path program = AgentProcess.find(settings.agent());
            AgentMetadata metadata = metadata(program, deadline);
            String action = metadata.hasStatus() ? "status" : "monitor";
            int exit = run(program, action, deadline);
            boolean ready = exit == DONE || (exit == OFF && metadata.hasStatus());
            String detail =
                    switch (exit) {
                        case ON -> metadata.hasStatus() ? "on" : "answers (it cannot tell whether the server is on)";
                        case OFF -> metadata.hasStatus() ? "off" : "monitor ended with exit code 2";
                        default ->
                            action + " ended with exit code " + exit
                                    + ": check address, user and password in its options";
                    };
            return new Readiness(ready, description() + ": " + detail);
        } catch (IOException e) {
            return new Readiness(false, description() + ": " + e.getMessage());
        }
    }

    private AgentMetadata metadata(Path program, Deadline deadline) throws IOException, InterruptedException {
        Run run = AgentProcess.run(program, "action=metadata\n", true, deadline);
        if (run.exit() != DONE) {
            throw new IOException("action metadata ended with exit code " + run.exit() + ": is this a fence agent?");
        }
        AgentMetadata metadata = AgentMetadata.parse(run.output());
        metadata.requirePowerOff();
        return metadata;
    }

    private int run(Path program, String action, Deadline deadline) throws IOException, InterruptedException {
        StringBuilder input = new StringBuilder("action=").append(action).append('\n');
        for (Map.Entry<String, String> option : settings.options().entrySet()) {
            input.append(option.getKey()).append('=').append(option.getValue()).append('\n');
        }
        if (secret != null) {
            input.append(settings.passwordOption())
                    .append('=')
                    .append(secret.reveal())
                    .append('\n');
        }
        try {
            return AgentProcess.run(program, input.toString(), false, deadline).exit();
        } catch (AgentProcess.Late e) {
            throw new IOException("action " + action + " " + e.getMessage(), e);
        }
    }
}
