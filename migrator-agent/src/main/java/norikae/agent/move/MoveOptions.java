package norikae.agent.move;

import io.grpc.Status;
import java.time.Duration;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.jvm.TrimPolicy;
import norikae.agent.peer.ApiException;

/**
 * How an operator wants memory to travel.
 *
 * @param maxPause how long the service may stand still
 * @param bandwidth bytes per second that may leave while the service runs
 * @param maxRounds rounds of pre-copy at most
 * @param trim whether JVMs are made smaller before
 */
public record MoveOptions(MemoryMode mode, Duration maxPause, long bandwidth, int maxRounds, TrimPolicy trim) {

    static final Duration MAX_PAUSE = Duration.ofMillis(250);
    private static final int MAX_ROUNDS = 30;
    private static final int ROUNDS_LIMIT = 1_000;
    private static final long BANDWIDTH_MIN = 256 << 10;

    /** What is used where the operator says nothing. */
    public static final MoveOptions DEFAULT =
            new MoveOptions(MemoryMode.AUTO, MAX_PAUSE, Long.MAX_VALUE, MAX_ROUNDS, TrimPolicy.AUTO);

    /** @throws ApiException INVALID_ARGUMENT naming what cannot be */
    public static MoveOptions of(MoveRequest request) {
        if (request.getMode() == MemoryMode.UNRECOGNIZED) {
            throw invalid("mode " + request.getModeValue()
                    + " is not known to this node: use AUTO, STOP, PRE_COPY or HYBRID");
        }
        if (Integer.toUnsignedLong(request.getMaxRounds()) > ROUNDS_LIMIT) {
            throw invalid(
                    "max-rounds " + Integer.toUnsignedString(request.getMaxRounds()) + " is more than " + ROUNDS_LIMIT);
        }
        if (request.getBandwidth() != 0 && Long.compareUnsigned(request.getBandwidth(), BANDWIDTH_MIN) < 0) {
            throw invalid("bandwidth " + request.getBandwidth() + " bytes per second is less than " + BANDWIDTH_MIN
                    + ", with which no move would end");
        }
        long pause = Integer.toUnsignedLong(request.getMaxPauseMillis());
        return new MoveOptions(
                request.getMode(),
                pause == 0 ? MAX_PAUSE : Duration.ofMillis(pause),
                request.getBandwidth() <= 0 ? Long.MAX_VALUE : request.getBandwidth(),
                request.getMaxRounds() == 0 ? MAX_ROUNDS : request.getMaxRounds(),
                switch (request.getTrim()) {
                    case TRIM_AUTO -> TrimPolicy.AUTO;
                    case TRIM_GC -> TrimPolicy.GC;
                    case TRIM_OFF -> TrimPolicy.OFF;
                    case UNRECOGNIZED ->
                        throw invalid("trim " + request.getTrimValue()
                                + " is not known to this node: use TRIM_AUTO, TRIM_GC or TRIM_OFF");
                });
    }

    private static ApiException invalid(String what) {
        return new ApiException(Status.Code.INVALID_ARGUMENT, what);
    }
}
