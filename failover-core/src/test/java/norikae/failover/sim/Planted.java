package norikae.failover.sim;

import java.util.List;
import norikae.failover.fencing.ProofKind;
import norikae.failover.member.Beat;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;

/** Where a {@link Plant} takes effect: between the real core and its surroundings, so that the core itself stays as it is. */
final class Planted {

    private static final long TOO_OLD_MILLIS = 10_000;

    private final Cluster cluster;
    private final Plant plant;

    Planted(Cluster cluster, Plant plant) {
        this.cluster = cluster;
        this.plant = plant;
    }

    boolean is(Plant which) {
        return plant == which;
    }

    Beat onReceipt(Beat beat, SimNode receiver) {
        if (plant != Plant.LEASE_COUNTED_FROM_RECEIPT && plant != Plant.REFUSAL_TOO_OLD) {
            return beat;
        }
        List<Beat.View> views = beat.views().stream()
                .map(v -> new Beat.View(v.of(), v.boot(), v.silent(), altered(v.word(), receiver)))
                .toList();
        return new Beat(beat.from(), beat.boot(), beat.sentAtNanos(), beat.leaseMillis(), views);
    }

    private Word altered(Word word, SimNode receiver) {
        return switch (word) {
            case Word.None none -> none;
            case Word.Granted granted ->
                is(Plant.LEASE_COUNTED_FROM_RECEIPT) ? new Word.Granted(receiver.now()) : granted;
            case Word.Refused refused ->
                is(Plant.REFUSAL_TOO_OLD) ? new Word.Refused(refused.ageMillis() + TOO_OLD_MILLIS) : refused;
        };
    }

    Command inLog(Command command, ClusterState state) {
        if (is(Plant.REPORTS_WITHOUT_EPOCH) && command instanceof Command.ReportService c) {
            return state.service(c.service())
                    .<Command>map(s -> new Command.ReportService(
                            c.service(), s.owner(), s.epoch(), c.phase(), c.detail(), c.atMillis()))
                    .orElse(command);
        }
        return command;
    }

    void afterwards(Command taken) {
        if (is(Plant.SUSPICION_IS_PROOF) && taken instanceof Command.BeginFencing c) {
            var _ = cluster.raft.append(
                    new Command.RecordFenced(c.node(), c.boot(), ProofKind.OPERATOR, "", "it was silent", 0));
        }
    }
}
