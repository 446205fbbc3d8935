/**
 * Says beforehand what would stand in the way of a move, before anything is touched: what was found, why it matters,
 * what to do.
 *
 * <p>The source looks at the running tree ({@link norikae.agent.preflight.TreeInspection}) and writes down what it {@link
 * norikae.agent.preflight.Needs}; the target compares that with what it has ({@link
 * norikae.agent.preflight.TargetJudgement}).
 */
@NullMarked
package norikae.agent.preflight;

import org.jspecify.annotations.NullMarked;
