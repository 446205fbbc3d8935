/**
 * The checkpoint engine: everything that knows CRIU.
 *
 * <p>{@link norikae.agent.criu.CriuBinary} finds a CRIU that is new enough. {@link norikae.agent.criu.CriuDump} takes a
 * capsule's tree apart and ends in a {@link norikae.agent.criu.HeldDump}, in which the tree stands still until somebody
 * says what becomes of it; {@link norikae.agent.criu.CriuRestore} builds a tree and ends in a
 * {@link norikae.agent.criu.HeldRestore}, in which no task has run yet. Memory goes from CRIU through
 * {@link norikae.agent.criu.PageServer} into a {@link norikae.agent.criu.PageSink} at once, and on the other node
 * {@link norikae.agent.criu.CriuImageWriter} makes image files of it again.
 *
 * <p>{@link norikae.agent.criu.GroupStop} is the catch that makes a killed CRIU harmless. Nothing here knows the cluster,
 * the log or the capsule: what must happen at a moment of a move is a listener's business.
 */
@NullMarked
package norikae.agent.criu;

import org.jspecify.annotations.NullMarked;
