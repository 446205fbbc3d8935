/** Tests of {@code norikae.agent.ocf}. */
@NullMarked
package norikae.agent.ocf;

import org.jspecify.annotations.NullMarked;
