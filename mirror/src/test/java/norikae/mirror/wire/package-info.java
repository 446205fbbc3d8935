@NullMarked
package norikae.mirror.wire;

import org.jspecify.annotations.NullMarked;
