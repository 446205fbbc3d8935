/** {@code norikaed}: the one place that wires all parts of an agent together. */
@NullMarked
package norikae.agent.daemon;

import org.jspecify.annotations.NullMarked;
