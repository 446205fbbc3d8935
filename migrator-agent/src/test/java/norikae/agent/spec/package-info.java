/** Tests of {@code norikae.agent.spec}. */
@NullMarked
package norikae.agent.spec;

import org.jspecify.annotations.NullMarked;
