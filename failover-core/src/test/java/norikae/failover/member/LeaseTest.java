package norikae.failover.member;

import static norikae.failover.member.Clusters.NODE_A;
import static norikae.failover.member.Clusters.NODE_B;
import static norikae.failover.member.Clusters.NODE_C;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeId;
import org.junit.jupiter.api.Test;

/** Both ends of a lease: who holds it, who grants it, and who counts those that do so no longer. */
class LeaseTest {

    private static final Set<NodeId> VOTERS = Set.of(NODE_A, NODE_B, NODE_C);
    private static final long BOOT = 7;

    // ---- the holder

    @Test
    void aMinorityGrantsNoLease() {
        QuorumLease lease = new QuorumLease();
        lease.granted(NODE_A, 100);

        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(QuorumLease.NEVER);
    }

    @Test
    void aLeaseCountsFromTheNewestBeatThatAMajorityHasGranted() {
        QuorumLease lease = new QuorumLease();
        lease.granted(NODE_A, 300);
        lease.granted(NODE_B, 200);
        lease.granted(NODE_C, 100);

        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(250);
    }

    @Test
    void anOldGrantThatComesLateShortensNothing() {
        QuorumLease lease = new QuorumLease();
        lease.granted(NODE_A, 300);
        lease.granted(NODE_B, 200);
        lease.granted(NODE_B, 100);

        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(250);
    }

    @Test
    void whoDoesNotVoteGrantsNothing() {
        QuorumLease lease = new QuorumLease();
        lease.granted(NODE_A, 300);
        lease.granted(new NodeId("node-d"), 300);

        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(QuorumLease.NEVER);
    }

    @Test
    void anotherLifeBeginsWithoutALease() {
        QuorumLease lease = new QuorumLease();
        VOTERS.forEach(voter -> lease.granted(voter, 300));

        lease.forgetAll();

        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(QuorumLease.NEVER);
    }

    // ---- the voter

    @Test
    void aVoterThatDoesNotKnowTheLogForCertainGrantsNothing() {
        Grants grants = new Grants(0);
        ClusterState state = Clusters.up(BOOT);
        grants.heard(NODE_A, BOOT, 10, state, 20);

        assertThat(grants.wordOn(NODE_A, BOOT, state, 30)).isEqualTo(new Word.None());
    }

    @Test
    void aVoterGrantsTheNewestBeatThatItHasHeardFromATrustedNode() {
        Grants grants = caughtUp(0);
        ClusterState state = Clusters.up(BOOT);
        grants.heard(NODE_A, BOOT, 10, state, 20);
        grants.heard(NODE_A, BOOT, 30, state, 40);
        grants.heard(NODE_A, BOOT, 20, state, 50);

        assertThat(grants.wordOn(NODE_A, BOOT, state, 60)).isEqualTo(new Word.Granted(30));
    }

    @Test
    void aBootThatTheLogDoesNotTrustIsGrantedNothing() {
        Grants grants = caughtUp(0);
        ClusterState state = Clusters.up(BOOT);
        grants.heard(NODE_A, BOOT + 1, 10, state, 20);

        assertThat(grants.wordOn(NODE_A, BOOT + 1, state, 30)).isEqualTo(new Word.None());
    }

    @Test
    void onceFencingHasBegunAVoterRefusesAndTellsTheAgeOfItsLastGrant() {
        Grants grants = caughtUp(0);
        grants.heard(NODE_A, BOOT, 10, Clusters.up(BOOT), Clusters.ms(1_000));
        ClusterState fencing = Clusters.fencing(BOOT, NODE_A);
        grants.heard(NODE_A, BOOT, 20, fencing, Clusters.ms(2_000));

        assertThat(grants.wordOn(NODE_A, BOOT, fencing, Clusters.ms(4_000))).isEqualTo(new Word.Refused(3_000));
    }

    @Test
    void aVoterThatHasRestartedCountsAsIfItHadGrantedEverybodyALeaseThen() {
        Grants grants = caughtUp(Clusters.ms(10_000));

        assertThat(grants.wordOn(NODE_A, BOOT, Clusters.fencing(BOOT, NODE_A), Clusters.ms(11_500)))
                .isEqualTo(new Word.Refused(1_500));
    }

    // ---- who counts the refusals

    @Test
    void aLeaseIsOverOnlyWhenAMajorityHasRefusedItForLongEnough() {
        Refusers refusers = new Refusers();
        refusers.heard(NODE_B, NODE_A, BOOT, 5_000);
        refusers.heard(NODE_C, NODE_A, BOOT, 4_000);
        assertThat(refusers.majority(NODE_A, BOOT, 4_000, VOTERS)).isFalse();

        refusers.heard(NODE_C, NODE_A, BOOT, 4_001);
        assertThat(refusers.majority(NODE_A, BOOT, 4_000, VOTERS)).isTrue();
    }

    @Test
    void refusalsOfAnotherBootOrFromWhoDoesNotVoteCountForNothing() {
        Refusers refusers = new Refusers();
        refusers.heard(NODE_B, NODE_A, BOOT, 5_000);
        refusers.heard(NODE_C, NODE_A, BOOT - 1, 5_000);
        refusers.heard(new NodeId("node-d"), NODE_A, BOOT, 5_000);

        assertThat(refusers.majority(NODE_A, BOOT, 4_000, VOTERS)).isFalse();
    }

    @Test
    void aVoterThatHasRestartedDoesNotTakeItsEarlierWordBack() {
        Refusers refusers = new Refusers();
        refusers.heard(NODE_B, NODE_A, BOOT, 5_000);
        refusers.heard(NODE_C, NODE_A, BOOT, 5_000);
        refusers.heard(NODE_C, NODE_A, BOOT, 10);

        assertThat(refusers.majority(NODE_A, BOOT, 4_000, VOTERS)).isTrue();
    }

    private static Grants caughtUp(long startedNanos) {
        Grants grants = new Grants(startedNanos);
        grants.caughtUp();
        return grants;
    }
}
