/** Tests of {@code norikae.agent.config}. */
@NullMarked
package norikae.agent.config;

import org.jspecify.annotations.NullMarked;
