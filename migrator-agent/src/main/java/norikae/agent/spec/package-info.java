/**
 * Reads {@code SPEC.yaml}, in which an operator writes down a service.
 *
 * <p>{@link norikae.agent.spec.SpecReader} is the way in. {@link norikae.agent.spec.CommandWords} splits a command
 * line without a shell; {@link norikae.agent.spec.ByteSize} reads and writes sizes.
 */
@NullMarked
package norikae.agent.spec;

import org.jspecify.annotations.NullMarked;
