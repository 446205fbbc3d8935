/**
 * What the cluster asks of whatever can stop a server for certain, and what counts as proof that it is stopped. The
 * devices are in {@code norikae.fencing}; this package has no I/O.
 */
@NullMarked
package norikae.failover.fencing;

import org.jspecify.annotations.NullMarked;
