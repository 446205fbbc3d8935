package norikae.linux;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Orders that the kernel obeys even when nothing else on the server works any more; Documentation/admin-guide/sysrq.rst.
 * Written to the trigger file they work for root whatever {@code kernel.sysrq} allows at the keyboard.
 */
public enum SysRq {
    /** Panic: leaves a crash dump where kdump is set up; reboots after {@code kernel.panic} seconds, never if that is 0. */
    CRASH("c"),
    /** Reset at once, without writing anything back. */
    RESET("b"),
    /** Power off. */
    POWER_OFF("o");

    /** Where this server's kernel takes them. Whoever passes it stops the machine, not just a container on it. */
    public static final Path TRIGGER = Path.of("/proc/sysrq-trigger");

    private final String key;

    SysRq(String key) {
        this.key = key;
    }

    /** The letter that stands for it. */
    public String key() {
        return key;
    }

    /**
     * Orders it.
     *
     * @param trigger {@link #TRIGGER}, or a file of a test
     */
    public void order(Path trigger) throws IOException {
        KernelFile.write(trigger, key);
    }
}
