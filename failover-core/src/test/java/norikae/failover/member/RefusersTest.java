package norikae.failover.member;

import static norikae.failover.member.Nodes.A;
import static norikae.failover.member.Nodes.B;
import static norikae.failover.member.Nodes.BOOT;
import static norikae.failover.member.Nodes.C;
import static norikae.failover.member.Nodes.VOTERS;
import static norikae.failover.member.Nodes.WITNESS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RefusersTest {

    private final Refusers refusers = new Refusers();

    @Test
    void aMajorityMustHaveRefusedForLongEnough() {
        refusers.heard(B, A, BOOT, 1_001);
        refusers.heard(WITNESS, A, BOOT, 1_000);
        assertThat(refusers.majority(A, BOOT, 1_000, VOTERS)).isFalse();
        refusers.heard(WITNESS, A, BOOT, 1_001);
        assertThat(refusers.majority(A, BOOT, 1_000, VOTERS)).isTrue();
    }

    @Test
    void theSameVoterTwiceIsOneVoter() {
        refusers.heard(B, A, BOOT, 2_000);
        refusers.heard(B, A, BOOT, 3_000);
        assertThat(refusers.majority(A, BOOT, 1_000, VOTERS)).isFalse();
    }

    @Test
    void whatWasSaidOfAnotherLifeSaysNothingOfThisOne() {
        refusers.heard(B, A, BOOT, 2_000);
        refusers.heard(WITNESS, A, BOOT, 2_000);
        assertThat(refusers.majority(A, BOOT + 1, 1_000, VOTERS)).isFalse();
    }

    @Test
    void membersWithoutAVoteDoNotCount() {
        refusers.heard(B, A, BOOT, 2_000);
        refusers.heard(C, A, BOOT, 2_000);
        assertThat(refusers.majority(A, BOOT, 1_000, VOTERS)).isFalse();
    }
}
