/**
 * Volumes whose writes survive their server.
 *
 * <p>A volume is a block device that one node, its primary, serves over NBD (package {@code nbd}), out of a file or a
 * disk of its own ({@link norikae.mirror.store}). Each write goes to the replicas on other nodes as well, in order
 * (packages {@code primary}, {@code replica}, and between them {@code wire}).
 */
@NullMarked
package norikae.mirror;

import org.jspecify.annotations.NullMarked;
