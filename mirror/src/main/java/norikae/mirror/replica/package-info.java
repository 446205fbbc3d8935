/** The receiving side: takes a primary's writes, in order, onto this node's copies. */
@NullMarked
package norikae.mirror.replica;

import org.jspecify.annotations.NullMarked;
