package norikae.transfer;

import java.time.Duration;

/**
 * How far a stream is, at one moment.
 *
 * @param rawBytes bytes of pages and files that the source has put in, zero pages included
 * @param wireBytes bytes of frames made of them, after compression and before TLS
 * @param zeroPages pages of which only the address travelled
 * @param elapsed time since the stream was opened, until its end
 */
public record TransferMeter(long rawBytes, long wireBytes, long zeroPages, Duration elapsed) {

    /** {@link #elapsed} as seconds. */
    public double seconds() {
        return elapsed.toNanos() / 1e9;
    }
}
