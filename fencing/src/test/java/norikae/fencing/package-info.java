@NullMarked
package norikae.fencing;

import org.jspecify.annotations.NullMarked;
