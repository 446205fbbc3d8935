/**
 * What a primary and a replica say to each other: frames over one TCP connection, in order.
 *
 * <pre>
 * primary                                        replica
 *   HELLO  who I am, my record, mode        -->
 *                                           <--  WELCOME  my record, my instance, what I have applied
 *                                           <--  DIRTY    ranges that I wrote as a primary; the last one is empty
 *                                                (or REFUSED code, message; and it hangs up)
 *   RESUME                                  -->  (history goes on where it broke off)
 *   or SYNC_BEGIN                           -->  condition RESYNCING on disk, before the first block
 *   HASHES, SYNC_DATA, SYNC_ZERO ...        -->
 *                                           <--  DIFFERING   which blocks of a HASHES are not the same here
 *   SYNC_END  number, record                -->  all stable, condition CONSISTENT on disk
 *                                           <--  SYNCED
 *   WRITE, ZERO, GENERATION  numbered       -->  applied in order, from the beginning on and all the time
 *   FLUSH                                   -->  all before it is stable before anything after it is applied
 *                                           <--  ACK  received, written, stable; FLUSHED, if asked for
 *   PING                                    -->
 *                                           <--  PONG
 *                                           <--  FAILED  why this replica can go no further; and it hangs up
 * </pre>
 */
@NullMarked
package norikae.mirror.wire;

import org.jspecify.annotations.NullMarked;
