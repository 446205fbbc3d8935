package norikae.fencing.self;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import norikae.linux.Mounts;
import norikae.linux.SysRq;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watchdog, sysrq and kernel log of a server, or what a test gives in their place. */
final class ServerSelfFence implements SelfFence {

    /** How long a kernel that obeys may take; powering off is work that it puts into a queue. */
    static final Duration ORDER_PATIENCE = Duration.ofSeconds(5);

    /** Devices count in steps of a second or two. */
    static final Duration BITE_SLACK = Duration.ofSeconds(3);

    static final Waits REAL_WAITS = new RealWaits();

    private static final int REASON_CHARS_MAX = 400;
    private static final Logger LOG = LoggerFactory.getLogger(ServerSelfFence.class);

    private final SelfFenceSettings settings;
    private final Watchdog watchdog;
    private final Waits waits;
    private final Object lock = new Object();

    // These two are read without the lock: whoever stops the server must not wait for a device that hangs while it is
    // fed.
    private volatile Watchdog.@Nullable Timer timer;
    private volatile boolean stopping;

    /** What takes time. */
    interface Waits {

        /** Lets time pass, whatever interrupts. */
        void pass(Duration time);

        /** Has the disks take what the kernel holds; whether they were done within {@code patience}. */
        boolean sync(Duration patience);
    }

    ServerSelfFence(SelfFenceSettings settings, Watchdog watchdog, Waits waits) {
        this.settings = settings;
        this.watchdog = watchdog;
        this.waits = waits;
    }

    @Override
    public Arming arm() throws IOException {
        synchronized (lock) {
            if (timer != null || stopping) {
                throw new IllegalStateException("the watchdog was armed before");
            }
            if (settings.mode() == WatchdogMode.OFF) {
                return new Unarmed("the watchdog is switched off");
            }
            try {
                Watchdog.Timer started = watchdog.start(settings.timeout());
                timer = started;
                LOG.info(
                        "watchdog armed: {}, {} s",
                        started.identity(),
                        started.timeout().toSeconds());
                return new Armed(started.identity(), started.timeout(), started.hasBitten());
            } catch (IOException e) {
                String why = why(e);
                if (settings.mode() == WatchdogMode.REQUIRED) {
                    throw new IOException(why + "; a watchdog is required here (mode REQUIRED)", e);
                }
                LOG.warn("no watchdog: {}", why);
                return new Unarmed(why);
            }
        }
    }

    private String why(IOException e) {
        return e instanceof NoSuchFileException
                ? "there is no watchdog at " + settings.device()
                        + ": load its driver (modprobe iTCO_wdt, or ipmi_watchdog"
                        + " for the BMC's; softdog where the hardware has none) and see that it is loaded at boot"
                : String.valueOf(e.getMessage());
    }

    @Override
    public void feed() throws IOException {
        synchronized (lock) {
            if (timer != null && !stopping) {
                timer.feed();
            }
        }
    }

    @Override
    public void disarm() throws IOException {
        synchronized (lock) {
            if (stopping) {
                throw new IllegalStateException("this server is being stopped; its watchdog stays armed");
            }
            Watchdog.Timer armed = timer;
            timer = null;
            if (armed != null) {
                armed.stop();
                LOG.info("watchdog stopped: {}", armed.identity());
            }
        }
    }

    @Override
    public void stopServer(String reason) throws IOException {
        stopServer(reason, settings.actions());
    }

    @Override
    public void stopServer(String reason, List<StopAction> actions) throws IOException {
        stopping = true;
        LOG.error("stopping this server: {}", reason);
        noteInKernelLog(reason);
        List<String> failures = new ArrayList<>();
        for (StopAction action : actions) {
            String failure = attempt(action);
            LOG.error("{}: {}", action, failure);
            failures.add(action + ": " + failure);
        }
        throw new IOException("this server could not stop itself (" + reason + "): "
                + (failures.isEmpty() ? "no action is configured" : String.join("; ", failures))
                + ". Stop it by hand, from outside");
    }

    /** Returns only if the server is still there, and says why. */
    private String attempt(StopAction action) {
        SysRq order = action.order().orElse(null);
        if (order == null) {
            return starve();
        }
        String synced = "";
        if (action.syncsFirst() && settings.syncPatience().isPositive() && !waits.sync(settings.syncPatience())) {
            synced = " (the disks had not taken everything within " + settings.syncPatience() + ")";
        }
        try {
            order.order(settings.sysrqTrigger());
        } catch (IOException e) {
            return e.getMessage() + synced;
        }
        waits.pass(ORDER_PATIENCE);
        return "still running " + ORDER_PATIENCE.toSeconds() + " s after '" + order.key() + "' was written to "
                + settings.sysrqTrigger() + synced;
    }

    private String starve() {
        // Without the lock: if somebody hangs in feed(), waiting is all that is left, and right.
        Watchdog.Timer armed = timer;
        if (armed == null) {
            return "no watchdog is armed";
        }
        Duration bite = armed.timeout().plus(BITE_SLACK);
        waits.pass(bite);
        return "still running " + bite.toSeconds() + " s after " + armed.identity() + " was fed last";
    }

    private void noteInKernelLog(String reason) {
        String line = reason.replaceAll("\\p{Cntrl}", " ");
        String note = "<0>norikae: stopping this server: "
                + line.substring(0, Math.min(line.length(), REASON_CHARS_MAX)) + "\n";
        try {
            Files.write(settings.kernelLog(), note.getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
        } catch (IOException e) {
            LOG.warn("the kernel's log does not take the reason: {}", e.toString());
        }
    }

    private static final class RealWaits implements Waits {

        @Override
        public void pass(Duration time) {
            uninterruptibly(Thread.currentThread(), time, false);
        }

        @Override
        public boolean sync(Duration patience) {
            // A thread of its own: a disk that hangs keeps it for ever.
            Thread sync = Thread.ofPlatform().daemon().name("sync").start(() -> {
                try {
                    Mounts.syncAll();
                } catch (IOException e) {
                    LOG.warn("{}", e.getMessage());
                }
            });
            uninterruptibly(sync, patience, true);
            return !sync.isAlive();
        }

        /** Waits for {@code thread} to end, or, if it is the caller's own, for time to pass. */
        private static void uninterruptibly(Thread thread, Duration time, boolean join) {
            long deadline = System.nanoTime() + time.toNanos();
            boolean interrupted = false;
            long left = time.toNanos();
            while (left > 0 && (!join || thread.isAlive())) {
                try {
                    if (join) {
                        thread.join(Duration.ofNanos(left));
                    } else {
                        Thread.sleep(Duration.ofNanos(left));
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
                left = deadline - System.nanoTime();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
