package norikae.failover.member;

import static norikae.failover.member.Nodes.A;
import static norikae.failover.member.Nodes.B;
import static norikae.failover.member.Nodes.C;
import static norikae.failover.member.Nodes.VOTERS;
import static norikae.failover.member.Nodes.WITNESS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuorumLeaseTest {

    private final QuorumLease lease = new QuorumLease();

    @Test
    void oneVoterOfThreeGrantsNothing() {
        lease.granted(A, 100);
        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(QuorumLease.NEVER);
    }

    @Test
    void itLastsFromTheNewestHeartbeatThatAMajorityHasGranted() {
        lease.granted(A, 300);
        lease.granted(B, 200);
        lease.granted(WITNESS, 100);
        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(250);
    }

    @Test
    void aGrantThatComesLateTakesNothingBack() {
        lease.granted(A, 300);
        lease.granted(B, 200);
        lease.granted(B, 150);
        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(250);
    }

    @Test
    void whoDoesNotVoteDoesNotCount() {
        lease.granted(A, 300);
        lease.granted(C, 300);
        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(QuorumLease.NEVER);
    }

    @Test
    void anotherLifeBeginsWithoutLease() {
        lease.granted(A, 300);
        lease.granted(B, 300);
        lease.forgetAll();
        assertThat(lease.untilNanos(VOTERS, 50)).isEqualTo(QuorumLease.NEVER);
    }
}
