package norikae.failover.model;

/** A ticket for one node to join once; the log remembers only its id, never its secret. */
public record JoinToken(String id, long expiresAtMillis, boolean used) {

    JoinToken spent() {
        return new JoinToken(id, expiresAtMillis, true);
    }
}
