/**
 * {@code bin/demo}: Norikae at work. {@link norikae.lab.demo.Demo} picks the demonstration; each boots a laboratory of
 * its own beside the user's, and leaves nothing behind.
 */
@NullMarked
package norikae.lab.demo;

import org.jspecify.annotations.NullMarked;
