/**
 * Mirrored volumes on this node: opens what the log says that it writes or holds, tells the log of replicas that fall behind or
 * have caught up, and serves what it writes to NBD clients of this machine.
 */
@NullMarked
package norikae.agent.volume;

import org.jspecify.annotations.NullMarked;
