/**
 * The writing side: serves a volume to its user and keeps its replicas up to date.
 *
 * <p>Locks, in the order in which they are taken: the ranges of a request ({@link norikae.mirror.primary.RangeLocks}), the
 * volume's order (who gets which number, and when a generation begins), a replica's link.
 */
@NullMarked
package norikae.mirror.primary;

import org.jspecify.annotations.NullMarked;
