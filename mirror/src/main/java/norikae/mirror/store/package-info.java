/**
 * What lies on one server's disk: the blocks of a volume ({@link norikae.mirror.store.FileStore}), what the volume knows of
 * itself ({@link norikae.mirror.store.VolumeRecord}), and which blocks may differ from another server's
 * ({@link norikae.mirror.store.BlockMap}, {@link norikae.mirror.store.ActivityLog}).
 *
 * <p>Everything that decides whether data is good carries a checksum, and a damaged map reads as 'all of it may differ': it
 * costs a longer resync and never a wrong block.
 */
@NullMarked
package norikae.mirror.store;

import org.jspecify.annotations.NullMarked;
