/**
 * Carries out the protocol of {@code norikae.failover.move}: {@link norikae.agent.move.SourceMove} leads a move,
 * {@link norikae.agent.move.TargetMove} receives one, and {@link norikae.agent.move.MoveResolver} is the one place that
 * resolves every ending that neither of them lived to see.
 */
@NullMarked
package norikae.agent.move;

import org.jspecify.annotations.NullMarked;
