package norikae.linux;

import java.io.IOException;

/** A system call failed: {@code process_vm_readv(pid=4711) failed: ESRCH (No such process)}. */
public final class LinuxException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    LinuxException(String call, String arguments, int errno) {
        super(call + "(" + arguments + ") failed: " + Errno.name(errno) + " (" + Errno.text(errno) + ")");
        this.call = call;
        this.errno = errno;
    }

    public String call() {
        return call;
    }

    /** One of {@link Errno}'s constants, or another number. */
    public int errno() {
        return errno;
    }
}
