@NullMarked
package norikae.mirror.replica;

import org.jspecify.annotations.NullMarked;
