/** {@code bin/bench}: measurements of Norikae against its alternatives, each a {@link norikae.lab.bench.Benchmark}. */
@NullMarked
package norikae.lab.bench;

import org.jspecify.annotations.NullMarked;
