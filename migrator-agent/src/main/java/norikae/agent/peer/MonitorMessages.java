package norikae.agent.peer;

import norikae.agent.api.v1.CommandProbe;
import norikae.agent.api.v1.DiskProbe;
import norikae.agent.api.v1.HttpProbe;
import norikae.agent.api.v1.JvmProbe;
import norikae.agent.api.v1.LinkProbe;
import norikae.agent.api.v1.Monitor;
import norikae.agent.api.v1.OcfProbe;
import norikae.agent.api.v1.TcpProbe;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import org.jspecify.annotations.Nullable;

/** Monitors as API messages and back. */
final class MonitorMessages {

    private MonitorMessages() {}

    static Monitor toMessage(MonitorSpec monitor) {
        Monitor.Builder message = Monitor.newBuilder()
                .setIntervalMillis(orZero(monitor.intervalMillis()))
                .setTimeoutMillis(orZero(monitor.timeoutMillis()))
                .setRetries(monitor.retries())
                .setStartGraceMillis(monitor.startGraceMillis())
                .setThen(
                        switch (monitor.then()) {
                            case RESTART -> norikae.agent.api.v1.Reaction.REACTION_RESTART;
                            case FAILOVER -> norikae.agent.api.v1.Reaction.REACTION_FAILOVER;
                            case STOP_NODE -> norikae.agent.api.v1.Reaction.REACTION_STOP_NODE;
                        });
        Monitor.Builder _ =
                switch (monitor.probe()) {
                    case Probe.Tcp tcp -> message.setTcp(TcpProbe.newBuilder().setPort(tcp.port()));
                    case Probe.Http http ->
                        message.setHttp(HttpProbe.newBuilder()
                                .setPort(http.port())
                                .setPath(http.path())
                                .setStatus(orZero(http.status()))
                                .setContains(orEmpty(http.contains())));
                    case Probe.Command command ->
                        message.setCommand(CommandProbe.newBuilder().addAllWords(command.words()));
                    case Probe.Disk disk ->
                        message.setDisk(DiskProbe.newBuilder().setPath(disk.path()));
                    case Probe.Link link ->
                        message.setLink(LinkProbe.newBuilder()
                                .setInterfaceName(orEmpty(link.interfaceName()))
                                .setAddress(orEmpty(link.address())));
                    case Probe.Jvm jvm ->
                        message.setJvm(JvmProbe.newBuilder()
                                .setDeadlock(jvm.deadlock())
                                .setGcThrashPercent(jvm.gcThrashPercent())
                                .setSafepointMillis(jvm.safepointMillis()));
                    case Probe.Ocf _ -> message.setOcf(OcfProbe.getDefaultInstance());
                };
        return message.build();
    }

    /** @throws IllegalArgumentException naming what is wrong */
    static MonitorSpec fromMessage(Monitor message) {
        return new MonitorSpec(
                probe(message),
                orNull(message.getIntervalMillis()),
                orNull(message.getTimeoutMillis()),
                message.getRetries(),
                message.getStartGraceMillis(),
                switch (message.getThen()) {
                    case REACTION_RESTART -> Reaction.RESTART;
                    case REACTION_FAILOVER -> Reaction.FAILOVER;
                    case REACTION_STOP_NODE -> Reaction.STOP_NODE;
                    case REACTION_UNSPECIFIED, UNRECOGNIZED ->
                        throw new IllegalArgumentException("a monitor has no reaction that this program knows");
                });
    }

    private static Probe probe(Monitor message) {
        return switch (message.getProbeCase()) {
            case TCP -> new Probe.Tcp(message.getTcp().getPort());
            case HTTP ->
                new Probe.Http(
                        message.getHttp().getPort(),
                        message.getHttp().getPath(),
                        orNull(message.getHttp().getStatus()),
                        orNull(message.getHttp().getContains()));
            case COMMAND -> new Probe.Command(message.getCommand().getWordsList());
            case DISK -> new Probe.Disk(message.getDisk().getPath());
            case LINK ->
                new Probe.Link(
                        orNull(message.getLink().getInterfaceName()),
                        orNull(message.getLink().getAddress()));
            case JVM ->
                new Probe.Jvm(
                        message.getJvm().getDeadlock(),
                        message.getJvm().getGcThrashPercent(),
                        message.getJvm().getSafepointMillis());
            case OCF -> new Probe.Ocf();
            case PROBE_NOT_SET -> throw new IllegalArgumentException("a monitor has no probe that this program knows");
        };
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }

    private static @Nullable Integer orNull(int value) {
        return value == 0 ? null : value;
    }

    private static @Nullable String orNull(String value) {
        return value.isEmpty() ? null : value;
    }
}
