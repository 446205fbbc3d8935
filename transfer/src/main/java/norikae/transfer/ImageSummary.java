package norikae.transfer;

/**
 * What an image consisted of. Source and target count it independently; equal summaries prove that everything
 * arrived, unchanged and in order.
 *
 * @param files distinct file names
 * @param fileBytes bytes in them
 * @param pageBytes bytes of memory, zero pages included
 * @param crc32c CRC32C over everything sent (places and contents) in the order of sending
 */
public record ImageSummary(long files, long fileBytes, long pageBytes, long crc32c) {}
