/**
 * The poison pill: a disk that several servers share, with a slot for each. Whoever must stop a server writes the order into
 * its mailbox; every server reads its own all the time, and stops itself when it finds one there, or when it cannot read any
 * more. The format is that of {@code sbd}, whose commands work on the same disk.
 *
 * <p>Layout: sector 0 is the header, sector {@code 1 + 2n} slot {@code n} (whose it is), sector {@code 2 + 2n} its mailbox.
 *
 * <p><b>What it proves.</b> The server that must stop never answers; what counts is that time has passed. Let W be the
 * header's watchdog time. A server that has not read its mailbox for W must not feed its watchdog any more, and its watchdog
 * bites W later at the latest; so 2 W after an order is on the disk, the server has read and obeyed it or is dead ({@code
 * msgwait} is at least that). This holds only if the server does run under a watchdog of at most W whose feeding depends on
 * {@link norikae.fencing.pill.PillWatcher#mayFeed}: without one, a server that hangs and wakes up later goes on as if
 * nothing had been written. {@link norikae.fencing.pill.PillWatcher} refuses to start otherwise, and {@link
 * norikae.fencing.pill.PillFencer} may be configured only for servers that do run one.
 *
 * <p>{@link norikae.fencing.pill.DiskBeats} uses the same disk, behind the slots, as one more path for heartbeats.
 */
@NullMarked
package norikae.fencing.pill;

import org.jspecify.annotations.NullMarked;
