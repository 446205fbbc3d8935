package norikae.agent.peer;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.Outcome;

/** An answer of the control API that is not a success: a gRPC status code, and a message for a person. */
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Status.Code code;

    public ApiException(Status.Code code, String message) {
        super(message);
        this.code = code;
    }

    public ApiException(Status.Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Status.Code code() {
        return code;
    }

    public StatusRuntimeException toStatus() {
        return Status.fromCode(code).withDescription(getMessage()).asRuntimeException();
    }

    /** The same answer, received from another agent. */
    public static ApiException from(StatusRuntimeException e) {
        String description = e.getStatus().getDescription();
        return new ApiException(
                e.getStatus().getCode(),
                description == null ? e.getStatus().getCode().name() : description,
                e);
    }

    public static ApiException from(LogUnavailableException e) {
        return new ApiException(Status.Code.UNAVAILABLE, Objects.requireNonNullElse(e.getMessage(), "no majority"), e);
    }

    /** The log's refusal as the API tells it. */
    public static ApiException from(Outcome.Refused refused) {
        Status.Code code =
                switch (refused.code()) {
                    case UNKNOWN_NODE, UNKNOWN_SERVICE, UNKNOWN_VOLUME, UNKNOWN_MOVE, UNKNOWN_TOKEN ->
                        Status.Code.NOT_FOUND;
                    case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
                    case ADDRESS_IN_USE,
                            NODE_BUSY,
                            NOT_ALLOWED,
                            MOVE_IN_FLIGHT,
                            ALREADY_COMMITTED,
                            ALREADY_ENDED,
                            STALE_EPOCH,
                            STALE_REPORT -> Status.Code.FAILED_PRECONDITION;
                };
        return new ApiException(code, refused.message());
    }
}
