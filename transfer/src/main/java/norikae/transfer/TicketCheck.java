package norikae.transfer;

/** Decides at the target who may send what. Called on a thread that may block; must be thread-safe. */
@FunctionalInterface
public interface TicketCheck {

    /**
     * Accepts a stream by giving it a place to go.
     *
     * <p>A ticket is never in the hands of two connections: a second one is refused without asking. When the
     * first has ended, the next one is asked about again; whoever wants each ticket to serve once says no then.
     *
     * @param peerCertificateName the name in the peer's certificate, whose role is {@code node}; a ticket with
     *     another {@link MoveTicket#sourceNode} has already been refused
     */
    ImageSink accept(MoveTicket ticket, String peerCertificateName) throws TicketRefusedException;
}
