/** Tests of the wire. */
@NullMarked
package norikae.transfer.wire;

import org.jspecify.annotations.NullMarked;
