package norikae.failover.fault;

/**
 * Told whenever a state change has just happened. Production uses {@link #NONE}; the laboratory's agents use one that
 * stops there until the test lets it go on, so that a test can strike at exactly that moment.
 */
@FunctionalInterface
public interface FaultPoints {

    FaultPoints NONE = (point, subject) -> {};

    /**
     * @param point where in the protocol
     * @param subject the service that is moved
     */
    void reached(FaultPoint point, String subject);
}
