package norikae.fencing.pill;

/**
 * The times in a header, in seconds; immutable. All servers go by those of the disk.
 *
 * @param watchdog for so long a server may feed its watchdog without having read its mailbox
 * @param allocate how long a server waits before it believes that the slot it has taken is its own
 * @param loop between two looks into a mailbox
 * @param msgwait after which whoever has written an order may count on it
 */
public record PillTimeouts(int watchdog, int allocate, int loop, int msgwait) {

    /** What {@code sbd create} takes if it is not told otherwise. */
    public static final PillTimeouts DEFAULT = new PillTimeouts(5, 2, 1, 10);

    /** Good ones for servers whose watchdogs all wait for so long. */
    public static PillTimeouts forWatchdogOf(int seconds) {
        return new PillTimeouts(Math.max(seconds, 2), 2, 1, 3 * Math.max(seconds, 2));
    }

    static final int SECONDS_MAX = 86_400;

    /** Why an elapsed msgwait would prove nothing; empty if it would. */
    String weakness() {
        if (msgwait < 2 * watchdog) {
            return "msgwait is " + msgwait + " s, less than twice the watchdog time of " + watchdog
                    + " s, so it proves nothing when it has passed";
        }
        if (loop >= watchdog) {
            return "a mailbox is read every " + loop + " s, but a server stops itself when it was not read for "
                    + watchdog + " s";
        }
        return "";
    }
}
