@NullMarked
package norikae.fencing.pill;

import org.jspecify.annotations.NullMarked;
