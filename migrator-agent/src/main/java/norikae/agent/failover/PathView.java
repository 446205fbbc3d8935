package norikae.agent.failover;

import norikae.failover.model.NodeId;

/** One path to one other node as an operator sees it; immutable. */
public record PathView(NodeId peer, String from, String to, Figures figures) {

    /**
     * How it is doing.
     *
     * @param rttMicros negative if unknown
     * @param lossPercent of the newest datagrams; negative if none has come yet
     * @param silentMillis since the newest; negative if none has come yet
     */
    public record Figures(double rttMicros, double lossPercent, long silentMillis) {}
}
