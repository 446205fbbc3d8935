package norikae.agent.cli;

import norikae.agent.spec.ByteSize;

/** Sizes on the command line. Stateless. */
final class VolumeSizes {

    private VolumeSizes() {}

    /** @param what the option or parameter, for the message */
    static long bytes(String what, String text) {
        try {
            return ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, what + ": " + e.getMessage());
        }
    }
}
