package norikae.transfer.wire;

/** What a {@link Tally} came to: distinct files, bytes in files, bytes of pages, CRC32C over all in order. */
public record Totals(long files, long fileBytes, long pageBytes, long crc32c) {}
