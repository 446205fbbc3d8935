package norikae.transfer;

import java.time.Duration;

/**
 * How a stream is to be sent.
 *
 * @param compress whether frames that LZ4 makes at least a tenth smaller travel compressed; turn it off where
 *     the CPU, not the link, is the limit
 * @param openTimeout for connection, handshake and the target's answer to the ticket together
 * @param stallTimeout how long the target may take nothing at all (dead link or stuck sink) before the stream
 *     counts as interrupted
 * @param receiptTimeout how long the target may take to answer once everything was sent
 */
public record StreamOptions(boolean compress, Duration openTimeout, Duration stallTimeout, Duration receiptTimeout) {

    /** Compressing; ten seconds to open, fifteen of silence, thirty for the receipt. */
    public static final StreamOptions DEFAULT =
            new StreamOptions(true, Duration.ofSeconds(10), Duration.ofSeconds(15), Duration.ofSeconds(30));

    public StreamOptions {
        positive("openTimeout", openTimeout);
        positive("stallTimeout", stallTimeout);
        positive("receiptTimeout", receiptTimeout);
    }

    /** The same, with compression on or off. */
    public StreamOptions withCompress(boolean on) {
        return new StreamOptions(on, openTimeout, stallTimeout, receiptTimeout);
    }

    private static void positive(String field, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(field + "=" + value + " is not between 0 and 1 hour");
        }
    }
}
