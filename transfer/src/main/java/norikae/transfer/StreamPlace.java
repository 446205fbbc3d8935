package norikae.transfer;

/**
 * Where a stream stood when something happened to it.
 *
 * @param moveId the move, or {@code ?} before its ticket was seen
 * @param peer the other side
 * @param bytes of frames, so far
 */
record StreamPlace(String moveId, String peer, long bytes) {}
