/**
 * {@code norikae lab}: the laboratory as the operator types it. Every subcommand is a thin skin over
 * {@link norikae.lab.Lab}.
 */
@NullMarked
package norikae.lab.cli;

import org.jspecify.annotations.NullMarked;
