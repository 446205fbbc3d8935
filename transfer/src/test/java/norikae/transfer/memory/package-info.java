/** Tests of memory in motion. */
@NullMarked
package norikae.transfer.memory;

import org.jspecify.annotations.NullMarked;
