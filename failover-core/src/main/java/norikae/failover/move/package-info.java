/**
 * The protocol that moves a running service, as pure decisions: what each side may do next, and how every ending is
 * resolved. No I/O, no clock, no threads; the drivers in {@code norikae.agent.move} carry the decisions out.
 *
 * <p>{@link norikae.failover.move.MoveProtocol} is the source's state machine, which also leads the move.
 * {@link norikae.failover.move.SourceEnding} and {@link norikae.failover.move.TargetEnding} say what becomes of a
 * copy that a failure, or a dead agent, has left behind. {@code docs/protocol.md} has the same as tables.
 */
@NullMarked
package norikae.failover.move;

import org.jspecify.annotations.NullMarked;
