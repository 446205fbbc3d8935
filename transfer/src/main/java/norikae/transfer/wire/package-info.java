/**
 * What travels between two data ports: frames on one TLS 1.3 connection.
 *
 * <pre>
 *   source                                         target
 *     |  TLS 1.3, both show certificates             |
 *     |--------------------------------------------->|  role of the certificate is not 'node': closes, silent
 *     |  HELLO move, service, epoch, source          |
 *     |--------------------------------------------->|
 *     |          WELCOME, or REFUSED code, message   |
 *     |<---------------------------------------------|
 *     |  PAGES | ZERO_PAGES | FILE_CHUNK ...         |  any number, any order; the later one wins
 *     |--------------------------------------------->|
 *     |  IMAGES_COMPLETE totals                      |
 *     |--------------------------------------------->|  compares the totals with its own
 *     |                             RECEIVED totals  |
 *     |<---------------------------------------------|
 *     |  closes                                      |
 *
 *   At any moment after HELLO:  source -- ABORT reason --> target
 *                               source <-- FAILED message -- target
 * </pre>
 *
 * A frame, all numbers big-endian:
 *
 * <pre>
 *    0        4     5      6      7          8            12               16           20        24
 *   +--------+-----+------+-------+----------+-------------+----------------+------------+--------+------+---------+
 *   | 'NRKF' | ver | type | flags | reserved | head length | payload length | raw length | CRC32C | head | payload |
 *   +--------+-----+------+-------+----------+-------------+----------------+------------+--------+------+---------+
 * </pre>
 *
 * The <i>head</i> has the fields of the type ({@link norikae.transfer.wire.FrameType}); the <i>payload</i> is bulk:
 * contents of pages or of a file, LZ4-compressed (one block) if the flag says so, {@code raw length} bytes long
 * when unpacked. The CRC32C covers bytes 0 to 19, head and payload. Every length is bounded ({@link
 * norikae.transfer.wire.WireFormat}) and checked before anything is allocated for it. A frame that breaks a rule
 * is told as a {@link norikae.transfer.wire.WireFormatException} and ends the connection.
 */
@NullMarked
package norikae.transfer.wire;

import org.jspecify.annotations.NullMarked;
