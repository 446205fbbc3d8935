package norikae.agent.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import norikae.agent.client.ControlException.Kind;
import org.jspecify.annotations.Nullable;

/** What a connection that failed means. */
final class Failures {

    private static final int CAUSES_MAX = 20;

    private Failures() {}

    /** @param member which member was asked, for the message */
    static ControlException of(String member, IOException failure) {
        SSLException tls = find(failure, SSLException.class);
        if (tls != null) {
            return untrusted(member, tls);
        }
        if (find(failure, ConnectException.class) != null) {
            String what = find(failure, HttpConnectTimeoutException.class) == null
                    ? " does not accept connections"
                    : " cannot be reached";
            return new ControlException(Kind.UNREACHABLE, member + what, failure);
        }
        if (find(failure, HttpTimeoutException.class) != null) {
            return new ControlException(Kind.UNREACHABLE, member + " did not answer in time", failure);
        }
        return new ControlException(
                Kind.UNREACHABLE, "the connection to " + member + " broke: " + failure.getMessage(), failure);
    }

    /** Neither end said why: it may have been a refusal whose word got lost. */
    static boolean isWithoutReason(IOException failure) {
        return find(failure, SSLException.class) == null
                && find(failure, ConnectException.class) == null
                && find(failure, HttpTimeoutException.class) == null;
    }

    private static ControlException untrusted(String member, SSLException tls) {
        String why = String.valueOf(tls.getMessage());
        boolean refusedByServer = why.toLowerCase(Locale.ROOT).contains("received fatal alert");
        String message = refusedByServer
                ? member + " does not accept this client's certificate: ask an operator of the cluster for one"
                : member + " is not a member of this client's cluster, or its certificate has expired";
        return new ControlException(Kind.PERMISSION, message + " (" + why + ")", tls);
    }

    private static <T extends Throwable> @Nullable T find(Throwable thrown, Class<T> type) {
        Throwable t = thrown;
        for (int depth = 0; t != null && depth < CAUSES_MAX; depth++) {
            if (type.isInstance(t)) {
                return type.cast(t);
            }
            t = t.getCause();
        }
        return null;
    }
}
