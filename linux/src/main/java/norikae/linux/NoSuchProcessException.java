package norikae.linux;

import java.nio.file.NoSuchFileException;

/** The process has ended, or there never was one of this number. Immutable. */
public final class NoSuchProcessException extends NoSuchFileException {

    private static final long serialVersionUID = 1L;

    private final int pid;

    NoSuchProcessException(int pid, String file, Throwable cause) {
        super(file, null, "process " + pid + " is gone");
        initCause(cause);
        this.pid = pid;
    }

    public int pid() {
        return pid;
    }
}
