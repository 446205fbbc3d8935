package norikae.agent.monitor;

import java.time.Duration;
import java.util.Optional;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleCommand;
import norikae.agent.jvm.JvmHealth;
import norikae.agent.ocf.OcfExit;
import norikae.failover.model.OcfResource;
import norikae.failover.model.Probe;
import norikae.failover.monitor.ProbeResult;

/** The prober of each kind of probe. */
final class Probers {

    private static final int WORDS_MAX = 200; // of a program's last line

    private Probers() {}

    /** @param timeout that bounds each probe */
    static Prober of(Probe probe, Capsule capsule, Duration timeout) {
        return switch (probe) {
            case Probe.Tcp tcp -> () -> NetworkProbes.tcp(capsule, tcp.port(), timeout);
            case Probe.Http http -> () -> NetworkProbes.http(capsule, http, timeout);
            case Probe.Command command ->
                () -> command(CapsuleCommand.of(capsule, command.words()).run(timeout));
            case Probe.Disk disk -> () -> NodeProbes.disk(disk.path());
            case Probe.Link link -> () -> NodeProbes.link(link);
            case Probe.Jvm jvm -> jvm(capsule, jvm);
            case Probe.Ocf _ -> () -> ocf(capsule, timeout);
        };
    }

    private static ProbeResult command(CapsuleCommand.Ended ended) {
        String words = withLastLine("exit code " + ended.exitCode(), ended);
        return new ProbeResult(ended.exitCode() == 0, words);
    }

    private static ProbeResult ocf(Capsule capsule, Duration timeout) throws Exception {
        OcfResource ocf = capsule.spec().ocf();
        if (ocf == null) {
            return ProbeResult.sick("the service has no resource agent");
        }
        CapsuleCommand.Ended ended =
                CapsuleCommand.ofAgent(capsule, ocf, "monitor").run(timeout);
        return new ProbeResult(
                OcfExit.serves(ended.exitCode()), withLastLine(OcfExit.inWords(ended.exitCode()), ended));
    }

    private static String withLastLine(String words, CapsuleCommand.Ended ended) {
        String line = ended.lastLine();
        String shown = line.length() > WORDS_MAX ? line.substring(0, WORDS_MAX) + "…" : line;
        return shown.isEmpty() ? words : words + ": " + shown;
    }

    private static Prober jvm(Capsule capsule, Probe.Jvm wanted) {
        JvmHealth health = new JvmHealth();
        return new Prober() {
            @Override
            public ProbeResult probe() throws Exception {
                Optional<String> sickness = health.sickness(capsule.cgroup().procs(), wanted);
                return sickness.map(ProbeResult::sick).orElse(ProbeResult.healthy("in good health"));
            }

            @Override
            public void close() {
                health.close();
            }
        };
    }
}
