package norikae.linux;

/**
 * How a process ended.
 *
 * @param code exit code, -1 if a signal ended it
 * @param signal 0 if it exited by itself
 */
public record ExitStatus(int code, int signal) {

    public boolean success() {
        return code == 0;
    }

    @Override
    public String toString() {
        return signal == 0 ? "exited with " + code : "killed by signal " + signal;
    }
}
