/**
 * The poison pill: a disk that several servers share, with a slot for each. Whoever must stop a server writes the order into
 * its mailbox; every server reads its own all the time, and stops itself when it finds one there, or when it cannot read any
 * more. The format is that of {@code sbd}, whose commands work on the same disk.
 *
 * <p>Layout: sector 0 is the header, sector {@code 1 + 2n} slot {@code n} (whose it is), sector {@code 2 + 2n} its mailbox.
 *
 * <p><b>What it proves.</b> The server that must stop never answers; what counts is that time has passed. Let W be the
 * header's watchdog time and T how long the server's own watchdog waits. A server that has not read its mailbox for W may not
 * feed any more. Between that look and the feeding it can be held up, for less than T, or it would have been bitten; and the
 * watchdog bites T after the last feeding. So W + 2 T after an order is on the disk, the server has read and obeyed it or is
 * dead, and {@code msgwait} must be at least that: {@link norikae.fencing.pill.PillWatcher} refuses a longer T. All of it
 * holds only if the server does run under a watchdog whose feeding depends on {@link
 * norikae.fencing.pill.PillWatcher#mayFeed}: without one, a server that hangs and wakes up later goes on as if nothing had
 * been written. {@link norikae.fencing.pill.PillFencer} may be configured only for servers that do run one.
 *
 * <p>{@link norikae.fencing.pill.DiskBeats} uses the same disk, behind the slots, as one more path for heartbeats.
 */
@NullMarked
package norikae.fencing.pill;

import org.jspecify.annotations.NullMarked;
