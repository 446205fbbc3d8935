package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A watchdog timer: it resets the server unless it is fed in time; Documentation/watchdog/watchdog-api.rst. Cards, chipsets,
 * BMCs ({@code ipmi_watchdog}), hypervisors and the kernel's own {@code softdog} all look like this.
 *
 * <p>Opening starts the timer, and only one process may have it open. {@link #close} leaves it counting, so that a process
 * that dies takes its server along; {@link #closeOrderly} stops it. Thread-safe; nothing here ever feeds it unasked.
 */
public final class WatchdogDevice implements AutoCloseable {

    /** Of {@link Support#options} and {@link #bootStatus}: the last boot was the watchdog's work. */
    public static final int CARD_RESET = 0x20;

    /** Of {@link Support#options}: {@link #setTimeout} works. */
    public static final int SETS_TIMEOUT = 0x80;

    /** Of {@link Support#options}: {@link #closeOrderly} is told from {@link #close}, unless the driver has nowayout. */
    public static final int MAGIC_CLOSE = 0x100;

    /** Of {@link Support#options}: {@link #setPretimeout} works. */
    public static final int PRETIMEOUT = 0x200;

    /** Of {@link Support#options}: it raises an alarm at most and never resets anything. */
    public static final int ALARM_ONLY = 0x400;

    static final int INFO_BYTES = 40;
    static final int INFO_OPTIONS = 0;
    static final int INFO_FIRMWARE = 4;
    static final int INFO_IDENTITY = 8;
    static final int IDENTITY_BYTES = 32;

    static final long GETSUPPORT = 0x80285700L;
    static final long GETBOOTSTATUS = 0x80045702L;
    static final long SETOPTIONS = 0x80045704L;
    static final long KEEPALIVE = 0x80045705L;
    static final long SETTIMEOUT = 0xC0045706L;
    static final long GETTIMEOUT = 0x80045707L;
    static final long SETPRETIMEOUT = 0xC0045708L;
    static final long GETPRETIMEOUT = 0x80045709L;
    static final long GETTIMELEFT = 0x8004570AL;
    static final int DISABLE_CARD = 1;
    static final int ENABLE_CARD = 2;

    private static final Set<Errno> NO_SUCH_QUESTION = Set.of(Errno.EOPNOTSUPP, Errno.ENOTTY, Errno.EINVAL);

    /**
     * What the driver says of itself.
     *
     * @param options {@link #MAGIC_CLOSE} and the like, or'ed
     * @param identity the driver's name for the device
     */
    public record Support(int options, int firmwareVersion, String identity) {
        public boolean has(int option) {
            return (options & option) == option;
        }
    }

    private final Path path;
    private final OwnedFd fd;

    private WatchdogDevice(Path path, OwnedFd fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Opens the device, which starts its timer.
     *
     * @throws LinuxException EBUSY if another process has it, ENOENT or ENODEV if there is none
     */
    public static WatchdogDevice open(Path path) throws LinuxException {
        return new WatchdogDevice(path, OwnedFd.open(path, OwnedFd.O_WRONLY, 0));
    }

    public Support support() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, 4);
            ioctl("WDIOC_GETSUPPORT", GETSUPPORT, info);
            byte[] identity = info.asSlice(INFO_IDENTITY, IDENTITY_BYTES).toArray(ValueLayout.JAVA_BYTE);
            int length = 0;
            while (length < identity.length && identity[length] != 0) {
                length++;
            }
            return new Support(
                    info.get(ValueLayout.JAVA_INT, INFO_OPTIONS),
                    info.get(ValueLayout.JAVA_INT, INFO_FIRMWARE),
                    new String(identity, 0, length, StandardCharsets.ISO_8859_1));
        }
    }

    /** Puts the timer back to its beginning. */
    public void keepAlive() throws LinuxException {
        ioctl("WDIOC_KEEPALIVE", KEEPALIVE, 0);
    }

    /** Sets after how many seconds without food it resets the server; returns what the driver made of it. */
    public int setTimeout(int seconds) throws LinuxException {
        return ioctl("WDIOC_SETTIMEOUT " + seconds + " s", SETTIMEOUT, seconds);
    }

    /** Seconds. */
    public int timeout() throws LinuxException {
        return ioctl("WDIOC_GETTIMEOUT", GETTIMEOUT, 0);
    }

    /** Sets how many seconds before the reset the kernel is told, to panic for example; 0: not at all. */
    public int setPretimeout(int seconds) throws LinuxException {
        return ioctl("WDIOC_SETPRETIMEOUT " + seconds + " s", SETPRETIMEOUT, seconds);
    }

    /** Seconds; empty if the driver has no such thing. */
    public OptionalInt pretimeout() throws LinuxException {
        return ask("WDIOC_GETPRETIMEOUT", GETPRETIMEOUT);
    }

    /** Seconds until the reset; empty if the driver cannot tell. */
    public OptionalInt timeLeft() throws LinuxException {
        return ask("WDIOC_GETTIMELEFT", GETTIMELEFT);
    }

    /** Why the server booted last, as {@link #CARD_RESET} and the like; 0 if for no reason that the device knows. */
    public int bootStatus() throws LinuxException {
        return ioctl("WDIOC_GETBOOTSTATUS", GETBOOTSTATUS, 0);
    }

    /** Stops the timer while the device stays open; EBUSY or EOPNOTSUPP if the driver does not allow it. */
    public void disable() throws LinuxException {
        ioctl("WDIOC_SETOPTIONS DISABLECARD", SETOPTIONS, DISABLE_CARD);
    }

    /** Starts the timer again after {@link #disable}. */
    public void enable() throws LinuxException {
        ioctl("WDIOC_SETOPTIONS ENABLECARD", SETOPTIONS, ENABLE_CARD);
    }

    /**
     * Stops the timer and gives the device back. A driver with nowayout goes on counting all the same: its {@code state} in
     * /sys/class/watchdog tells.
     *
     * @throws LinuxException if the device did not take the farewell; it is still open then, and counting
     */
    public void closeOrderly() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            LibC.syscall(
                    "write",
                    Numbers.WRITE,
                    path + ", \"V\"",
                    fd.fd(),
                    arena.allocateFrom("V").address(),
                    1);
        }
        fd.close();
    }

    /** Gives the device back and leaves the timer counting, if the driver has {@link #MAGIC_CLOSE}; else stops it. */
    @Override
    public void close() {
        fd.close();
    }

    private OptionalInt ask(String what, long request) throws LinuxException {
        try {
            return OptionalInt.of(ioctl(what, request, 0));
        } catch (LinuxException e) {
            if (NO_SUCH_QUESTION.contains(e.errno())) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    private int ioctl(String what, long request, int value) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, value);
            ioctl(what, request, number);
            return number.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private void ioctl(String what, long request, MemorySegment data) throws LinuxException {
        LibC.syscall("ioctl", Numbers.IOCTL, path + ", " + what, fd.fd(), request, data.address());
    }

    @Override
    public String toString() {
        return fd.toString();
    }
}
