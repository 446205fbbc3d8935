@NullMarked
package norikae.mirror.nbd;

import org.jspecify.annotations.NullMarked;
