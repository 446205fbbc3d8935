/**
 * A running HotSpot JVM as seen from outside: asked for its heap's layout, and to give back what it does not use.
 *
 * <p>Nothing here needs the service's help, and a service without a JVM is left alone. {@link norikae.agent.jvm.JvmHeaps} is
 * the way in.
 */
@NullMarked
package norikae.agent.jvm;

import org.jspecify.annotations.NullMarked;
