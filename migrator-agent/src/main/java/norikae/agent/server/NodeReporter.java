package norikae.agent.server;

import norikae.agent.api.v1.NodeReport;
import norikae.agent.api.v1.PathReport;
import norikae.agent.failover.FailoverDriver;
import norikae.agent.failover.ServerGuard;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.member.FailoverCore;
import norikae.failover.model.NodeId;
import norikae.linux.BootClock;

/** How this node sees itself and the others. Thread-safe. */
public final class NodeReporter {

    private final NodeId self;
    private final ReplicatedLog log;
    private final FailoverDriver driver;
    private final ServerGuard guard;

    public NodeReporter(NodeId self, ReplicatedLog log, FailoverDriver driver, ServerGuard guard) {
        this.guard = guard;
        this.self = self;
        this.log = log;
        this.driver = driver;
    }

    NodeReport report() {
        NodeReport.Builder report = FailoverWords.known(log.latestKnown(), self)
                .setAnswered(true)
                .setWatchdog(guard.description())
                .setVotes(log.voters().stream().anyMatch(v -> v.id().equals(self)))
                .setLeads(log.leader().filter(self::equals).isPresent());
        long until = driver.gateUntilNanos();
        if (until != FailoverCore.UNBOUND) {
            long left = until == Long.MIN_VALUE ? 0 : (until - BootClock.nanos()) / 1_000_000;
            report.setLeaseMillis(Math.max(0, left));
        }
        driver.paths()
                .forEach(path -> report.addPaths(PathReport.newBuilder()
                        .setPeer(path.peer().value())
                        .setFrom(path.from())
                        .setTo(path.to())
                        .setRttMicros(path.figures().rttMicros())
                        .setLossPercent(path.figures().lossPercent())
                        .setSilentMillis(path.figures().silentMillis())));
        driver.alarms().forEach(alarm -> report.addAlarms(FailoverWords.alarm(alarm)));
        return report.build();
    }
}
