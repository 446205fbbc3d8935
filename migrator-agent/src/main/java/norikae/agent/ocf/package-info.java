/**
 * Resource agents of the OCF standard, as distributions bring them: finding one, reading what it says about itself, checking
 * what an operator wrote for it, and the variables and exit codes by which it is spoken to. What runs inside a capsule is
 * {@code norikae.agent.capsule}'s and {@code norikae.agent.monitor}'s to run.
 */
@NullMarked
package norikae.agent.ocf;

import org.jspecify.annotations.NullMarked;
