/** What a primary decides about each of its replicas: pure, without a clock, a disk or a network. */
@NullMarked
package norikae.mirror.state;

import org.jspecify.annotations.NullMarked;
