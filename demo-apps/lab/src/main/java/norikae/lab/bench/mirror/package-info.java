/**
 * {@code bin/bench mirror}: volumes and their replicas against other programs that copy and mirror disks, on two hosts of a
 * laboratory. {@link norikae.lab.bench.mirror.MirrorBenchmark} is where it begins; {@link
 * norikae.lab.bench.mirror.MirrorHost} is the program that has the volumes, one on each host.
 */
@NullMarked
package norikae.lab.bench.mirror;

import org.jspecify.annotations.NullMarked;
