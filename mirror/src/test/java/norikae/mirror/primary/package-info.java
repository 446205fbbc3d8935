@NullMarked
package norikae.mirror.primary;

import org.jspecify.annotations.NullMarked;
