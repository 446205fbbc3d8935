package norikae.transfer;

/**
 * The target's word that the whole image rests in its sink.
 *
 * @param summary what both sides counted
 * @param meter what it cost to send it
 */
public record ImageReceipt(ImageSummary summary, TransferMeter meter) {}
