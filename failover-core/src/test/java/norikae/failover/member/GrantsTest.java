package norikae.failover.member;

import static norikae.failover.member.Nodes.A;
import static norikae.failover.member.Nodes.BOOT;
import static norikae.failover.member.Nodes.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import org.junit.jupiter.api.Test;

class GrantsTest {

    private final Grants grants = new Grants(0);
    private final ClusterState up = Nodes.up();

    @Test
    void aVoterThatMayNotKnowTheNewestFencingSaysNothing() {
        grants.heard(A, BOOT, 10, up, 20);
        assertThat(grants.wordOn(A, BOOT, up, 30)).isEqualTo(new Word.None());
        assertThat(grants.wordOn(A, BOOT, Nodes.fencing(up, A), 30)).isEqualTo(new Word.None());
    }

    @Test
    void itGrantsTheNewestHeartbeatByItsSendersClock() {
        grants.caughtUp();
        grants.heard(A, BOOT, 500, up, 20);
        grants.heard(A, BOOT, 400, up, 30); // came late
        assertThat(grants.wordOn(A, BOOT, up, 40)).isEqualTo(new Word.Granted(500));
    }

    @Test
    void anotherLifeThanTheLogsGetsNothing() {
        grants.caughtUp();
        grants.heard(A, BOOT + 1, 500, up, 20);
        assertThat(grants.wordOn(A, BOOT, up, 30)).isEqualTo(new Word.None());
        assertThat(grants.wordOn(A, BOOT + 1, up, 30)).isEqualTo(new Word.None());
    }

    @Test
    void whoIsBeingFencedIsRefusedAndTheAgeCountsFromTheLastGrantedHeartbeat() {
        grants.caughtUp();
        grants.heard(A, BOOT, 1, up, 100 * MILLI);
        ClusterState fencing = Nodes.fencing(up, A);
        grants.heard(A, BOOT, 2, fencing, 900 * MILLI);
        assertThat(grants.wordOn(A, BOOT, fencing, 1_000 * MILLI)).isEqualTo(new Word.Refused(900));
    }

    @Test
    void aVoterThatHasForgottenCountsFromItsStart() {
        Grants restarted = new Grants(400 * MILLI);
        restarted.caughtUp();
        assertThat(restarted.wordOn(A, BOOT, Nodes.fencing(up, A), 1_000 * MILLI))
                .isEqualTo(new Word.Refused(600));
    }
}
