/**
 * The control API for programs that are not agents: the command and tests.
 *
 * <p>{@link norikae.agent.client.ControlClient} asks one member after the other until one answers;
 * {@link norikae.agent.client.Subscription} is what comes in bit by bit; {@link norikae.agent.client.ControlException}
 * says in which of a few ways it did not work.
 */
@NullMarked
package norikae.agent.client;

import org.jspecify.annotations.NullMarked;
