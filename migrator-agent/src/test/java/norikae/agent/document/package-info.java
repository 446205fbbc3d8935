/** Tests of {@code norikae.agent.document}. */
@NullMarked
package norikae.agent.document;

import org.jspecify.annotations.NullMarked;
