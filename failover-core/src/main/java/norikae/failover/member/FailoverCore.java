package norikae.failover.member;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import norikae.failover.fencing.FencingResult;
import norikae.failover.member.Beat.View;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;

/**
 * One node's mind: sends heartbeats, grants leases as a voter, holds one as a worker, and, while it leads the log, has lost
 * servers fenced and their services placed anew. Confined to one thread; never blocks.
 */
public final class FailoverCore {

    /** The gate of a node that no lease binds. */
    public static final long UNBOUND = Long.MAX_VALUE;

    private static final long SHUT = 0;

    private final NodeId self;
    private final PeerViews peers;
    private final Proposals proposals = new Proposals();
    private final Leader leader;
    private final Grants grants;
    private final QuorumLease lease = new QuorumLease();

    private long boot;
    private ClusterState state = ClusterState.EMPTY;
    private Set<NodeId> voters = Set.of();
    private boolean leads;
    private long lastTickNanos;
    private long nextBeatNanos;
    private long gateNanos = Long.MIN_VALUE;
    private boolean surrendered;

    /** @param boot this life of the node, as it will tell the log */
    public FailoverCore(NodeId self, long boot, long nowNanos) {
        this.self = self;
        this.boot = boot;
        this.peers = new PeerViews(self);
        this.leader = new Leader(self, peers, proposals);
        this.grants = new Grants(nowNanos);
        this.lastTickNanos = nowNanos;
        this.nextBeatNanos = nowNanos;
    }

    // ---- news

    /**
     * The log as this node knows it just now.
     *
     * @param nowLeads whether this node takes itself for the log's leader; being wrong costs time, never safety
     */
    public void known(ClusterState newState, Set<NodeId> newVoters, boolean nowLeads, long nowNanos) {
        state = newState;
        voters = Set.copyOf(newVoters);
        leads = nowLeads;
        peers.members(newState.nodes().keySet(), nowNanos);
        peers.floor(millis(newState.failover().suspectMillis()));
        if (!newState.failover().enabled()) {
            peers.forgetLeases();
        }
    }

    /** {@link #known} has been given a state that was read with certainty after this core was made. */
    public void caughtUp() {
        grants.caughtUp();
    }

    /** The node begins another life: every service of the one before is dead for certain. */
    public void reborn(long newBoot) {
        boot = newBoot;
        surrendered = false;
        lease.forgetAll();
    }

    /** A heartbeat has come over some path. Its sender is known to be a member: the driver has checked its seal. */
    public void heard(Beat beat, long nowNanos) {
        if (!peers.knows(beat.from())) {
            return;
        }
        peers.heard(beat, nowNanos);
        grants.heard(beat.from(), beat.boot(), beat.sentAtNanos(), state, nowNanos);
        for (View view : beat.views()) {
            switch (view.word()) {
                case Word.None _ -> {}
                case Word.Granted granted -> {
                    boolean mine = view.of().equals(self) && view.boot() == boot;
                    if (mine && granted.sentAtNanos() <= nowNanos) {
                        lease.granted(beat.from(), granted.sentAtNanos());
                    }
                }
                case Word.Refused refused -> leader.refused(beat.from(), view.of(), view.boot(), refused.ageMillis());
            }
        }
    }

    /** The log has answered a proposal, or nothing will come of it. */
    public void proposed(String key, long nowNanos) {
        proposals.answered(key, nowNanos);
    }

    /** What came of {@link Action.Fence}. */
    public void fenced(NodeId node, long boot, FencingResult result, long nowNanos) {
        leader.fenced(node, boot, result, nowNanos);
    }

    // ---- time

    /**
     * To be called every few milliseconds.
     *
     * @param wallMillis for display in the log's events
     */
    public List<Action> tick(long nowNanos, long wallMillis) {
        long gap = nowNanos - lastTickNanos;
        lastTickNanos = nowNanos;
        if (gap > millis(state.failover().suspectMillis()) / 4) {
            peers.forgive(gap, nowNanos); // it was this node that stood still, so the silence may be its own
        }
        List<Action> actions = new ArrayList<>();
        if (grants.isCaughtUp()) {
            grants.heard(self, boot, nowNanos, state, nowNanos);
            if (grants.wordOn(self, boot, state, nowNanos) instanceof Word.Granted granted) {
                lease.granted(self, granted.sentAtNanos());
            }
            setGate(actions);
            surrenderIfGivenUp(actions);
            surrenderBeforeTheWatchdogBites(nowNanos, actions);
        }
        if (nowNanos >= nextBeatNanos) {
            nextBeatNanos = nowNanos + millis(state.failover().beatMillis());
            actions.add(new Action.SendBeat(beat(nowNanos)));
        }
        if (leads && grants.isCaughtUp()) {
            tellOwnRefusals(nowNanos);
            actions.addAll(leader.tick(new Leader.Scene(state, voters, nowNanos, wallMillis)));
        }
        return actions;
    }

    private void setGate(List<Action> actions) {
        long until = gate();
        if (until != gateNanos) {
            gateNanos = until;
            actions.add(new Action.SetGate(until));
        }
    }

    private long gate() {
        FailoverPolicy policy = state.failover();
        if (!policy.enabled()) {
            return UNBOUND;
        }
        if (!isTrusted()) {
            return SHUT;
        }
        long until = lease.untilNanos(voters, millis(policy.leaseMillis()));
        return until == QuorumLease.NEVER ? SHUT : until;
    }

    private boolean isTrusted() {
        return state.healthOf(self)
                .filter(h -> h.boot() == boot && h.phase() == NodeHealth.Phase.UP)
                .isPresent();
    }

    private void surrenderIfGivenUp(List<Action> actions) {
        state.healthOf(self)
                .filter(h -> h.boot() == boot && h.phase() != NodeHealth.Phase.UP && !surrendered)
                .ifPresent(h -> {
                    surrendered = true;
                    actions.add(new Action.Surrender("node " + self + " is " + h.phase() + ": " + h.detail()));
                });
    }

    /**
     * Where elapsed time is a proof, what runs here must have ended by then. Ending it is kinder than the watchdog, which
     * takes the whole server; it comes first, with time left if that fails.
     */
    private void surrenderBeforeTheWatchdogBites(long nowNanos, List<Action> actions) {
        FailoverPolicy policy = state.failover();
        long until = lease.untilNanos(voters, millis(policy.leaseMillis()));
        boolean counts = policy.enabled() && policy.watchdogSeconds() > 0 && until != QuorumLease.NEVER;
        if (counts && !surrendered && nowNanos - until > policy.watchdogSeconds() * 1_000_000_000L / 3) {
            surrendered = true;
            actions.add(new Action.Surrender("no majority has granted this node a lease for "
                    + (nowNanos - until) / 1_000_000 + " ms, and others may soon count it as stopped"));
        }
    }

    private Beat beat(long nowNanos) {
        List<View> views = new ArrayList<>();
        for (NodeRecord node : state.nodes().values()) {
            if (!node.id().equals(self)) {
                views.add(viewOf(node.id(), nowNanos));
            }
        }
        boolean bound = state.failover().enabled() && grants.isCaughtUp();
        return new Beat(self, boot, nowNanos, bound ? state.failover().leaseMillis() : 0, views);
    }

    private View viewOf(NodeId node, long nowNanos) {
        // A boot that is being fenced is spoken of by the name that the log has for it, whatever the node says
        // meanwhile.
        long about = state.healthOf(node).map(NodeHealth::boot).orElse(0L);
        Word word = voters.contains(self) ? grants.wordOn(node, about, state, nowNanos) : new Word.None();
        return new View(node, about, peers.silent(node, nowNanos), word);
    }

    private void tellOwnRefusals(long nowNanos) {
        for (NodeRecord node : state.nodes().values()) {
            if (viewOf(node.id(), nowNanos).word() instanceof Word.Refused refused) {
                long about = state.healthOf(node.id()).map(NodeHealth::boot).orElse(0L);
                leader.refused(self, node.id(), about, refused.ageMillis());
            }
        }
    }

    // ---- for display

    /** What an operator should know; the leader knows most. */
    public List<Alarm> alarms(long nowNanos) {
        return Alarms.of(new Leader.Scene(state, voters, nowNanos, 0), self, leads, leader, peers);
    }

    public boolean leads() {
        return leads;
    }

    private static long millis(int millis) {
        return millis * 1_000_000L;
    }
}
