package norikae.agent.client;

import io.grpc.Status;
import java.net.ConnectException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import norikae.agent.client.ControlException.Kind;
import org.jspecify.annotations.Nullable;

/** What a failed call means. */
final class Failures {

    private Failures() {}

    /** @param member which member was asked, for the message */
    static ControlException of(String member, Throwable thrown) {
        SSLException tls = find(thrown, SSLException.class);
        if (tls != null) {
            return untrusted(member, tls);
        }
        Status status = Status.fromThrowable(thrown);
        String description = status.getDescription();
        String said = description == null ? String.valueOf(status.getCode()) : firstLine(description);
        return switch (status.getCode()) {
            case NOT_FOUND -> new ControlException(Kind.NOT_FOUND, said, thrown);
            case ALREADY_EXISTS -> new ControlException(Kind.ALREADY_EXISTS, said, thrown);
            case FAILED_PRECONDITION, RESOURCE_EXHAUSTED, OUT_OF_RANGE ->
                new ControlException(Kind.PRECONDITION, said, thrown);
            case INVALID_ARGUMENT -> new ControlException(Kind.INVALID, said, thrown);
            case PERMISSION_DENIED, UNAUTHENTICATED -> new ControlException(Kind.PERMISSION, said, thrown);
            case UNAVAILABLE -> new ControlException(Kind.UNREACHABLE, unreachable(member, said, thrown), thrown);
            case DEADLINE_EXCEEDED ->
                new ControlException(Kind.UNREACHABLE, member + " did not answer in time", thrown);
            case ABORTED -> new ControlException(Kind.ABORTED, said, thrown);
            case CANCELLED -> new ControlException(Kind.CANCELLED, said, thrown);
            case OK, UNKNOWN, INTERNAL, DATA_LOSS, UNIMPLEMENTED ->
                new ControlException(Kind.FAILED, member + " failed: " + said, thrown);
        };
    }

    private static String unreachable(String member, String said, Throwable thrown) {
        if (find(thrown, ConnectException.class) != null) {
            return member + " does not accept connections";
        }
        return member + ": " + said;
    }

    private static ControlException untrusted(String member, SSLException tls) {
        String why = String.valueOf(tls.getMessage());
        boolean refusedByServer = why.toLowerCase(Locale.ROOT).contains("alert");
        String message = refusedByServer
                ? member + " does not accept this client's certificate: ask an operator of the cluster for one"
                : member + " is not a member of this client's cluster, or its certificate has expired";
        return new ControlException(Kind.PERMISSION, message + " (" + firstLine(why) + ")", tls);
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private static <T extends Throwable> @Nullable T find(Throwable thrown, Class<T> type) {
        Throwable t = thrown;
        for (int depth = 0; t != null && depth < 20; depth++) {
            if (type.isInstance(t)) {
                return type.cast(t);
            }
            t = t.getCause();
        }
        return null;
    }
}
