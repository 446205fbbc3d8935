package norikae.fencing.ipmi;

/** What the numbers mean by which a BMC refuses. */
final class StatusCode {

    static final int OK = 0x00;
    static final int NOT_IN_THIS_STATE = 0xd5;

    private StatusCode() {}

    /** Of a step of the handshake. */
    static String rakp(int status, Account account) {
        String meaning =
                switch (status) {
                    case 0x01 -> "the BMC has too many sessions: close some, or wait";
                    case 0x02, 0x08 -> "the BMC has forgotten the session";
                    case 0x03, 0x04, 0x05, 0x10, 0x11 ->
                        "the BMC does not support cipher suite " + account.suite().number
                                + ": write another cipherSuite";
                    case 0x09, 0x0a ->
                        "user " + account.user() + " may not have privilege " + account.privilege()
                                + ": allow it on the BMC, or write a lower privilege";
                    case 0x0d ->
                        "the BMC does not know user " + account.user() + ", or he may not log in over the network";
                    case 0x0f -> "the BMC says that the password of user " + account.user() + " is wrong";
                    default -> "no reason that we know";
                };
        return meaning + " (" + hex(status) + ")";
    }

    /** Of a command. */
    static String completion(int code) {
        String meaning =
                switch (code) {
                    case 0xc0 -> "the BMC is busy";
                    case 0xc1 -> "the BMC does not know this command";
                    case 0xc3 -> "time-out inside the BMC";
                    case 0xcc -> "the BMC does not support this value (invalid data field in request)";
                    case 0xd4 -> "the user's privilege is too low";
                    case 0xd5 -> "not possible in the server's present state";
                    case 0xd6 -> "the command is disabled";
                    default -> "no reason that we know";
                };
        return meaning + " (" + hex(code) + ")";
    }

    private static String hex(int code) {
        return String.format("code 0x%02x", code);
    }
}
