@NullMarked
package norikae.mirror.store;

import org.jspecify.annotations.NullMarked;
