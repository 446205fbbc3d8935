package norikae.linux;

import java.io.IOException;

/** A system call failed: {@code process_vm_readv(pid=4711) failed: ESRCH (no such process)}. Immutable. */
public final class LinuxException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final Errno errno;

    /** @param args what the call was asked to do, such as {@code pid=4711, bytes=2097152} */
    public LinuxException(String call, Errno errno, String args) {
        this(call, errno, args, errno.name() + " (" + errno.text() + ")");
    }

    private LinuxException(String call, Errno errno, String args, String reason) {
        super(call + "(" + args + ") failed: " + reason);
        this.call = call;
        this.errno = errno;
    }

    static LinuxException of(String call, int code, String args) {
        Errno errno = Errno.of(code);
        return errno == Errno.UNKNOWN
                ? new LinuxException(call, errno, args, "errno " + code + " (" + Errno.text(code) + ")")
                : new LinuxException(call, errno, args);
    }

    /** For calls that say more than a number; {@code reason} is the kernel's sentence. */
    static LinuxException because(String call, int code, String args, String reason) {
        Errno errno = Errno.of(code);
        String number = errno == Errno.UNKNOWN ? "errno " + code : errno.name();
        return new LinuxException(call, errno, args, number + " (" + Errno.text(code) + "): " + reason);
    }

    public String call() {
        return call;
    }

    public Errno errno() {
        return errno;
    }
}
