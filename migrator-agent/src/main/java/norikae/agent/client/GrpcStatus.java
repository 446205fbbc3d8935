package norikae.agent.client;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import norikae.agent.client.ControlException.Kind;

/**
 * How a call ended, as gRPC tells it.
 *
 * @param code by the numbering of gRPC
 */
record GrpcStatus(int code, String message) {

    static final String STATUS = "grpc-status";
    static final String MESSAGE = "grpc-message";

    private static final int OK = 0;

    boolean isOk() {
        return code == OK;
    }

    /** Of an answer that is nothing but headers; empty if a body follows. */
    static Optional<GrpcStatus> of(HttpHeaders headers) {
        return headers.firstValue(STATUS)
                .map(status -> new GrpcStatus(
                        number(status), decoded(headers.firstValue(MESSAGE).orElse(""))));
    }

    /** Of the trailers at the end of a body: {@code name: value} lines. */
    static GrpcStatus ofTrailers(String trailers) {
        int code = 2; // unknown
        String message = "";
        for (String line : trailers.split("\r\n")) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? line : line.substring(0, colon).strip();
            String value = colon < 0 ? "" : line.substring(colon + 1).strip();
            if (name.equalsIgnoreCase(STATUS)) {
                code = number(value);
            } else if (name.equalsIgnoreCase(MESSAGE)) {
                message = decoded(value);
            }
        }
        return new GrpcStatus(code, message);
    }

    private static int number(String text) {
        return text.matches("\\d{1,2}") ? Integer.parseInt(text) : 2;
    }

    /** gRPC sends messages percent-encoded; unlike in forms, a plus is a plus. */
    private static String decoded(String message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            int high = c == '%' && i + 2 < message.length() ? Character.digit(message.charAt(i + 1), 16) : -1;
            int low = high >= 0 ? Character.digit(message.charAt(i + 2), 16) : -1;
            if (low >= 0) {
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** What a status other than OK means to the caller of a member. */
    ControlException toException(String member) {
        String said = message.isEmpty() ? "gRPC status " + code : firstLine(message);
        return switch (code) {
            case 1 -> new ControlException(Kind.CANCELLED, said);
            case 3 -> new ControlException(Kind.INVALID, said);
            case 4 -> new ControlException(Kind.UNREACHABLE, member + " did not answer in time");
            case 5 -> new ControlException(Kind.NOT_FOUND, said);
            case 6 -> new ControlException(Kind.ALREADY_EXISTS, said);
            case 7, 16 -> new ControlException(Kind.PERMISSION, said);
            case 8, 9, 11 -> new ControlException(Kind.PRECONDITION, said);
            case 10 -> new ControlException(Kind.ABORTED, said);
            case 14 -> new ControlException(Kind.UNREACHABLE, member + ": " + said);
            default -> new ControlException(Kind.FAILED, member + " failed: " + said);
        };
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
