package norikae.agent.failover;

import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.capsule.ExitInfo;
import norikae.agent.move.ServiceActivities;
import norikae.agent.peer.ApiException;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.member.Placement;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.ServiceSpec;
import norikae.failover.monitor.RestartBudget;
import norikae.linux.BootClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what runs on this node what the log says: starts services that were placed here, starts again or gives away those
 * that ended, and ends those that belong to another node under a later epoch. Thread-safe.
 */
public final class ServiceKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceKeeper.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
    private static final Duration MISSING =
            Duration.ofSeconds(2); // an end takes less to be told, unless nobody tells it
    private static final Duration BUSY_PAUSE = Duration.ofMillis(50);

    private final NodeId self;
    private final ReplicatedLog log;
    private final LogDesk desk;
    private final CapsuleManager capsules;
    private final ServiceActivities activities;
    private final Map<ServiceName, RestartBudget> restarts = new ConcurrentHashMap<>();
    private final Map<ServiceName, Long> runningSince = new ConcurrentHashMap<>();
    private final Map<ServiceName, Long> missingSince = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean up;
    private boolean changed;

    public ServiceKeeper(NodeId self, ReplicatedLog log, CapsuleManager capsules, ServiceActivities activities) {
        this.self = self;
        this.log = log;
        this.desk = new LogDesk(log);
        this.capsules = capsules;
        this.activities = activities;
        this.thread = Thread.ofPlatform().daemon().name("service-keeper").unstarted(this::run);
        capsules.onExit((capsule, exit) -> onOwnThread("ended-" + capsule.service(), () -> ended(capsule, exit)));
    }

    public void start() {
        log.onChange(this::lookSoon);
        thread.start();
    }

    /** The log trusts this node under its present life: from now on services may be started here. */
    public void nodeIsUp() {
        up = true;
        lookSoon();
    }

    /**
     * Whoever lets a service run here asks first: before the log trusts this life of the node, what runs here counts as lost.
     *
     * @throws ApiException FAILED_PRECONDITION
     */
    public void requireUp() {
        if (!up) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + self + " is not up yet, as the log sees it: ask again in a moment, or see 'norikae node"
                            + " status'");
        }
    }

    /** Kills every service of this node at once; until {@link #nodeIsUp} none is started. */
    public void killAll() throws IOException {
        up = false;
        capsules.killAll(KILL_PATIENCE);
    }

    private synchronized void lookSoon() {
        changed = true;
        notifyAll();
    }

    private void run() {
        try {
            while (true) {
                synchronized (this) {
                    if (!changed) {
                        wait(LOOK_AGAIN.toMillis());
                    }
                    changed = false;
                }
                if (up) {
                    look(log.latestKnown());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(ClusterState state) {
        for (ServiceRecord service : state.services().values()) {
            ServiceName name = service.spec().name();
            Optional<Capsule> here = capsules.find(name);
            if (activities.isBusy(name) || state.moveInFlight(name).isPresent()) {
                continue;
            }
            boolean mine = service.owner().equals(self);
            if (here.isPresent()) {
                missingSince.remove(name);
            }
            if (mine && here.isEmpty()) {
                lookAfterAbsent(service);
            } else if (mine && here.filter(c -> isThatOf(c, service)).isPresent()) {
                lookAfterPresent(service);
            } else if (here.filter(c -> isStale(c, service.epoch())).isPresent()) {
                onOwnThread("stale-" + name, () -> endStale(name, service.epoch()));
            }
        }
    }

    private void lookAfterAbsent(ServiceRecord service) {
        ServiceName name = service.spec().name();
        switch (service.phase()) {
            case PLACED -> onOwnThread("start-" + name, () -> startPlaced(name, service.epoch()));
            case STARTING, RUNNING -> onceItIsCertainlyMissing(service);
            case FAILED, LOST -> {}
        }
    }

    private void lookAfterPresent(ServiceRecord service) {
        ServiceName name = service.spec().name();
        switch (service.phase()) {
            // It runs, and whoever should have told that has died, or was overtaken by an older word.
            case PLACED, STARTING, FAILED -> onOwnThread("tell-" + name, () -> tellThatItRuns(name, service.epoch()));
            case RUNNING -> {
                if (service.tried() != null) {
                    onceItHasRunWell(service);
                }
            }
            case LOST -> {} // this node is given up, and will hear of it
        }
    }

    private void tellThatItRuns(ServiceName name, Epoch epoch) throws InterruptedException {
        try (var _ = activities.begin(name, "telling that it runs")) {
            if (up
                    && capsules.find(name)
                            .filter(c -> c.alive() && c.epoch().equals(epoch) && !c.moves())
                            .isPresent()) {
                var _ = report(name, epoch, ServiceRecord.Phase.RUNNING, "runs");
            }
        } catch (ApiException e) {
            LOG.debug("service={} is busy: {}", name, e.getMessage());
        }
    }

    /** The log has it running here, and nobody has told it otherwise: an agent died between the end and the telling. */
    private void onceItIsCertainlyMissing(ServiceRecord service) {
        ServiceName name = service.spec().name();
        long since = missingSince.computeIfAbsent(name, n -> nowMillis());
        if (nowMillis() - since < MISSING.toMillis()) {
            return;
        }
        missingSince.remove(name);
        onOwnThread("missing-" + name, () -> {
            try (var _ = activities.begin(name, "looking for it")) {
                ClusterState state = desk.insistOnReading();
                boolean missing = state.service(name)
                                .filter(s -> s.owner().equals(self)
                                        && s.epoch().equals(service.epoch())
                                        && s.phase() == service.phase())
                                .isPresent()
                        && state.moveInFlight(name).isEmpty()
                        && capsules.find(name).isEmpty();
                if (up && missing) {
                    giveUp(
                            service.spec(),
                            service.epoch(),
                            "it was not running here",
                            service.spec().policyOrDefault().failover());
                }
            } catch (ApiException e) {
                LOG.debug("service={} is busy: {}", name, e.getMessage());
            }
        });
    }

    /** What went wrong elsewhere counts until it has run here for as long as its restarts count. */
    private void onceItHasRunWell(ServiceRecord service) {
        ServiceName name = service.spec().name();
        long window = service.spec().policyOrDefault().restartWindowSeconds() * 1_000L;
        long since = runningSince.computeIfAbsent(name, n -> nowMillis());
        if (nowMillis() - since > window) {
            runningSince.remove(name);
            onOwnThread("well-" + name, () -> {
                var _ = report(name, service.epoch(), ServiceRecord.Phase.RUNNING, service.detail());
            });
        }
    }

    private static long nowMillis() {
        return BootClock.nanos() / 1_000_000;
    }

    // ---- what was placed here

    private void startPlaced(ServiceName name, Epoch epoch) throws InterruptedException {
        try (var _ = activities.begin(name, "starting")) {
            int life = capsules.life();
            // With certainty: this node may have given it away a moment ago, and what it knows at once may be older.
            ClusterState state = desk.insistOnReading();
            Optional<ServiceRecord> service = state.service(name)
                    .filter(s -> s.owner().equals(self)
                            && s.epoch().equals(epoch)
                            && s.phase() == ServiceRecord.Phase.PLACED);
            if (!up || service.isEmpty() || capsules.find(name).isPresent()) {
                return;
            }
            long began = BootClock.nanos();
            try {
                Capsule _ = capsules.startAgain(
                        service.get().spec(), epoch, service.get().basePid(), life);
                long millis = (BootClock.nanos() - began) / 1_000_000;
                report(name, epoch, ServiceRecord.Phase.RUNNING, "started in " + millis + " ms");
            } catch (IOException e) {
                LOG.error("service={} epoch={} could not be started: {}", name, epoch, e.getMessage());
                report(
                        name,
                        epoch,
                        ServiceRecord.Phase.FAILED,
                        "could not be started on " + self + ": " + e.getMessage());
            }
        } catch (ApiException e) {
            LOG.debug("service={} is busy: {}", name, e.getMessage()); // the next look finds it again
        }
    }

    private void endStale(ServiceName name, Epoch newer) {
        try (var _ = activities.begin(name, "ending under a stale epoch")) {
            Optional<Capsule> capsule = capsules.find(name).filter(c -> isStale(c, newer));
            if (capsule.isPresent()) {
                LOG.error(
                        "service={} runs here under epoch {}, and the log says {}: ending it",
                        name,
                        capsule.get().epoch(),
                        newer);
                capsule.get().destroy();
            }
        } catch (ApiException e) {
            LOG.debug("service={} is busy: {}", name, e.getMessage());
        } catch (IOException e) {
            LOG.error("service={} could not be ended: {}", name, e.getMessage());
        }
    }

    private static boolean isThatOf(Capsule capsule, ServiceRecord service) {
        return !capsule.moves() && capsule.epoch().equals(service.epoch());
    }

    /** A copy that a move has a hand in may be of an earlier epoch rightly: it may have to wake under a later one. */
    private static boolean isStale(Capsule capsule, Epoch newer) {
        return !capsule.moves() && capsule.epoch().compareTo(newer) < 0;
    }

    // ---- what ended, or does not do well

    private void ended(Capsule capsule, ExitInfo exit) throws InterruptedException {
        LOG.warn("service={} ended by itself: {}", capsule.service(), exit);
        runningSince.remove(capsule.service());
        startAgainOrGiveUp(capsule, exit.toString());
    }

    /** It does not do well where it is, says a monitor: ends it, then does as after an end of its own. */
    public void restart(ServiceName name, Epoch epoch, String reason) throws InterruptedException {
        Optional<Capsule> capsule = endedHere(name, epoch, reason);
        if (capsule.isPresent()) {
            startAgainOrGiveUp(capsule.get(), reason);
        }
    }

    /** It shall run elsewhere, says a monitor; if it cannot, it is started again here. */
    public void leave(ServiceName name, Epoch epoch, String reason) throws InterruptedException {
        ClusterState state = log.latestKnown();
        boolean elsewhere = state.service(name)
                .filter(s -> state.failover().enabled() && Placement.hasElsewhere(state, s))
                .isPresent();
        Optional<Capsule> capsule = endedHere(name, epoch, reason);
        if (capsule.isPresent() && elsewhere) {
            release(name, epoch, reason);
        } else if (capsule.isPresent()) {
            startAgainOrGiveUp(capsule.get(), reason + "; no other node can take it");
        }
    }

    /** Stops it here and hands it to the cluster, by an operator's wish. The caller has its activity. */
    public void handOver(ServiceName name, Epoch epoch, String reason, Duration grace)
            throws IOException, InterruptedException {
        Optional<Capsule> capsule = capsules.find(name);
        if (capsule.isPresent()) {
            var _ = capsule.get().stop(grace);
        }
        release(new Command.ReleaseService(name, self, epoch, reason, true, System.currentTimeMillis()));
    }

    private Optional<Capsule> endedHere(ServiceName name, Epoch epoch, String reason) {
        try (var _ = activities.begin(name, "ending: " + reason)) {
            Optional<Capsule> capsule =
                    capsules.find(name).filter(c -> c.epoch().equals(epoch));
            if (capsule.isPresent()) {
                LOG.warn("service={} is ended here: {}", name, reason);
                capsule.get().destroy();
            }
            return capsule;
        } catch (ApiException e) {
            LOG.info("service={} is busy, so nothing is done about it: {} ({})", name, reason, e.getMessage());
        } catch (IOException e) {
            LOG.error("service={} could not be ended: {}", name, e.getMessage());
        }
        return Optional.empty();
    }

    private void startAgainOrGiveUp(Capsule ended, String reason) throws InterruptedException {
        ServicePolicy policy = ended.spec().policyOrDefault();
        RestartBudget budget = restarts.compute(
                ended.service(),
                (name, known) -> known != null && known.isOf(policy) ? known : new RestartBudget(policy));
        String why = reason;
        while (true) {
            RestartBudget.Step step;
            int left;
            synchronized (budget) {
                step = budget.spend(Reaction.RESTART, nowMillis());
                left = budget.left(nowMillis());
            }
            if (step != RestartBudget.Step.RESTART) {
                giveUp(ended.spec(), ended.epoch(), why, step == RestartBudget.Step.FAILOVER);
                return;
            }
            Optional<String> failure = startAgain(ended, "started again (" + left + " left) after: " + why);
            if (failure.isEmpty()) {
                return;
            }
            why = failure.get();
        }
    }

    /** Empty if it runs again, or is none of this node's business any more. */
    private Optional<String> startAgain(Capsule ended, String told) throws InterruptedException {
        ServiceName name = ended.service();
        while (true) {
            try (var _ = activities.begin(name, "starting again")) {
                int life = capsules.life();
                Outcome allowed = report(name, ended.epoch(), ServiceRecord.Phase.STARTING, told);
                if (!up
                        || allowed instanceof Outcome.Refused
                        || capsules.find(name).isPresent()) {
                    return Optional.empty();
                }
                try {
                    Capsule _ = capsules.startAgain(ended.spec(), ended.epoch(), ended.basePid(), life);
                } catch (IOException e) {
                    return Optional.of("could not be started: " + e.getMessage());
                }
                var _ = report(name, ended.epoch(), ServiceRecord.Phase.RUNNING, told);
                return Optional.empty();
            } catch (ApiException e) {
                Thread.sleep(BUSY_PAUSE); // whatever it is ends soon
            }
        }
    }

    private void giveUp(ServiceSpec spec, Epoch epoch, String reason, boolean mayFailOver) throws InterruptedException {
        ClusterState state = log.latestKnown();
        boolean elsewhere = mayFailOver
                && state.failover().enabled()
                && state.service(spec.name())
                        .filter(s -> Placement.hasElsewhere(state, s))
                        .isPresent();
        if (elsewhere) {
            release(spec.name(), epoch, reason);
        } else {
            var _ = report(spec.name(), epoch, ServiceRecord.Phase.FAILED, reason);
        }
    }

    private void release(ServiceName name, Epoch epoch, String reason) throws InterruptedException {
        release(new Command.ReleaseService(name, self, epoch, reason, System.currentTimeMillis()));
    }

    private void release(Command.ReleaseService command) throws InterruptedException {
        if (desk.insist(command) instanceof Outcome.Refused refused) {
            LOG.warn("service={} could not be given away: {}", command.service(), refused.message());
        }
    }

    private Outcome report(ServiceName name, Epoch epoch, ServiceRecord.Phase phase, String detail)
            throws InterruptedException {
        Outcome outcome =
                desk.insist(new Command.ReportService(name, self, epoch, phase, detail, System.currentTimeMillis()));
        if (outcome instanceof Outcome.Refused refused) {
            LOG.warn("service={} is {}, and the log does not take it: {}", name, phase, refused.message());
        }
        return outcome;
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static void onOwnThread(String name, Work work) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.error("{} failed", name, e);
            }
        });
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
