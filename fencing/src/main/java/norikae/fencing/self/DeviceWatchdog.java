package norikae.fencing.self;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.WatchdogDevice;

/** A watchdog of the kernel's. */
record DeviceWatchdog(Path device, Path sysClass) implements Watchdog {

    @Override
    public Timer start(Duration timeout) throws IOException {
        SelfFenceSettings.requireWholeSeconds(timeout);
        WatchdogDevice open = open();
        try {
            return start(open, Math.toIntExact(timeout.toSeconds()));
        } catch (IOException | RuntimeException e) {
            try {
                open.closeOrderly(); // what will not do must not bite either
            } catch (IOException also) {
                e.addSuppressed(also);
                open.close();
            }
            throw e;
        }
    }

    private WatchdogDevice open() throws IOException {
        try {
            return WatchdogDevice.open(device);
        } catch (LinuxException e) {
            throw switch (e.errno()) {
                case ENOENT, ENODEV, ENXIO -> {
                    NoSuchFileException none = new NoSuchFileException(device.toString(), null, "there is no watchdog");
                    none.initCause(e);
                    yield none;
                }
                case EBUSY ->
                    new IOException(
                            device + " is in use by another program, and only one can feed it: stop that program"
                                    + " (systemd with RuntimeWatchdogSec=, watchdogd, sbd), or name another device",
                            e);
                default -> e;
            };
        }
    }

    private Timer start(WatchdogDevice open, int seconds) throws IOException {
        WatchdogDevice.Support support = open.support();
        String identity = support.identity() + " (" + device + ")";
        if (support.has(WatchdogDevice.ALARM_ONLY)) {
            throw new IOException(identity + " only raises alarms and never resets the server: use another watchdog");
        }
        if (!support.has(WatchdogDevice.MAGIC_CLOSE)) {
            throw new IOException(identity + " stops counting when the agent dies, so it would not stop the server:"
                    + " use a watchdog whose driver has WDIOF_MAGICCLOSE");
        }
        int granted = granted(open, support, seconds);
        if (granted > seconds || granted < 1) {
            throw new IOException(identity + " lets the server live for " + granted + " s, but " + seconds
                    + " s were asked for: ask for " + granted + " s, in the whole cluster, or use another watchdog");
        }
        open.keepAlive();
        boolean hasBitten = (bootStatus(open) & WatchdogDevice.CARD_RESET) != 0;
        return new DeviceTimer(open, identity, Duration.ofSeconds(granted), hasBitten, state());
    }

    private static int granted(WatchdogDevice open, WatchdogDevice.Support support, int seconds) throws IOException {
        if (support.has(WatchdogDevice.SETS_TIMEOUT)) {
            try {
                open.setTimeout(seconds);
            } catch (LinuxException e) {
                if (e.errno() != Errno.EINVAL) {
                    throw e;
                } // out of its range: what it has instead is told next
            }
        }
        return open.timeout();
    }

    private static int bootStatus(WatchdogDevice open) {
        try {
            return open.bootStatus();
        } catch (LinuxException e) {
            return 0; // many cannot tell
        }
    }

    /** Where the kernel tells whether it counts. */
    private Path state() {
        String name = device.getFileName() == null ? "" : device.getFileName().toString();
        // The one without a number is the oldest name of the first.
        return sysClass.resolve(name.equals("watchdog") ? "watchdog0" : name).resolve("state");
    }

    private record DeviceTimer(WatchdogDevice open, String identity, Duration timeout, boolean hasBitten, Path state)
            implements Timer {

        @Override
        public void feed() throws IOException {
            open.keepAlive();
        }

        @Override
        public void stop() throws IOException {
            try {
                open.closeOrderly();
            } finally {
                open.close();
            }
            String now = Files.isReadable(state) ? Files.readString(state).strip() : "";
            if (now.equals("active")) {
                throw new IOException(
                        identity + " counts on after it was told to stop (its driver has nowayout), and resets"
                                + " this server in " + timeout.toSeconds()
                                + " s: start the agent again before, or load the driver"
                                + " without nowayout");
            }
        }

        @Override
        public void abandon() {
            open.close();
        }
    }
}
