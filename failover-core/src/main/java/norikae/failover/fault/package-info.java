/** Named places where a test can make the world go wrong; in production they cost one empty call. */
@NullMarked
package norikae.failover.fault;

import org.jspecify.annotations.NullMarked;
