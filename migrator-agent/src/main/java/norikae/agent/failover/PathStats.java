package norikae.agent.failover;

/**
 * How the path between this node and one other is doing, from the datagrams that come over it. For display only: what stands
 * around a heartbeat is not signed. Thread-safe.
 */
final class PathStats {

    private static final int WINDOW = 128; // datagrams: a dozen seconds or so
    private static final double RTT_GAIN = 1.0 / 8;

    private final boolean[] came = new boolean[WINDOW];
    private int counted;
    private long newest = -1;
    private long sent;
    private double rttNanos = -1;
    private long heardAtNanos;
    private long peerSentNanos;
    private boolean heard;

    /** What one datagram says of its path. */
    record Envelope(long number, long sentNanos, long echoNanos, long heldNanos) {
        /** There is nothing to echo yet. */
        static final long NO_ECHO = Long.MIN_VALUE;
    }

    synchronized Envelope next(long nowNanos) {
        return new Envelope(
                sent++, nowNanos, heard ? peerSentNanos : Envelope.NO_ECHO, heard ? nowNanos - heardAtNanos : 0);
    }

    synchronized void arrived(Envelope envelope, long nowNanos) {
        long ahead = envelope.number() - newest;
        if (newest < 0 || ahead > WINDOW || ahead < -WINDOW) {
            java.util.Arrays.fill(came, false); // the first, the first after a long silence, or of another agent
            counted = 0;
            newest = envelope.number();
            counted = 1;
        } else {
            for (long number = newest + 1; number <= envelope.number(); number++) {
                came[(int) (number % WINDOW)] = false;
                counted = Math.min(WINDOW, counted + 1);
            }
            newest = Math.max(newest, envelope.number());
        }
        came[(int) Math.floorMod(envelope.number(), (long) WINDOW)] = true;
        if (!heard || envelope.sentNanos() > peerSentNanos || ahead < -WINDOW) {
            peerSentNanos = envelope.sentNanos();
            heardAtNanos = nowNanos;
            heard = true;
        }
        if (envelope.echoNanos() != Envelope.NO_ECHO) {
            double rtt = nowNanos - envelope.echoNanos() - envelope.heldNanos();
            if (rtt >= 0) {
                rttNanos = rttNanos < 0 ? rtt : rttNanos + RTT_GAIN * (rtt - rttNanos);
            }
        }
    }

    synchronized PathView.Figures figures(long nowNanos) {
        if (!heard) {
            return new PathView.Figures(-1, -1, -1);
        }
        int lost = 0;
        for (int i = 0; i < counted; i++) {
            if (!came[(int) Math.floorMod(newest - i, (long) WINDOW)]) {
                lost++;
            }
        }
        return new PathView.Figures(
                rttNanos < 0 ? -1 : rttNanos / 1_000, 100.0 * lost / counted, (nowNanos - heardAtNanos) / 1_000_000);
    }
}
