/** Tests of {@code norikae.agent.cli}. */
@NullMarked
package norikae.agent.cli;

import org.jspecify.annotations.NullMarked;
