@NullMarked
package norikae.fencing.ipmi;

import org.jspecify.annotations.NullMarked;
