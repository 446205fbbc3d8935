package norikae.lab.bench.mirror;

/** What the kernel of a laboratory's host says of its link. */
final class Link {

    static final String SENT_BYTES = "/sys/class/net/up0/statistics/tx_bytes";

    private Link() {}

    /** What {@link #SENT_BYTES} contains, as a number. */
    static long sentBytes(String text) {
        return Long.parseLong(text.strip());
    }
}
