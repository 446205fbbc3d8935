/**
 * Every native call of Norikae, and nothing else: system calls through {@code java.lang.foreign} as typed Java.
 *
 * <p>{@link norikae.linux.Downcalls} is the one place that touches the linker. Errors are {@link
 * norikae.linux.LinuxException}s that name the call, its arguments and the errno, which is captured per call.
 */
@NullMarked
package norikae.linux;

import org.jspecify.annotations.NullMarked;
