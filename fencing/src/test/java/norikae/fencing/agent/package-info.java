@NullMarked
package norikae.fencing.agent;

import org.jspecify.annotations.NullMarked;
