@NullMarked
package norikae.fencing.self;

import org.jspecify.annotations.NullMarked;
