package norikae.mirror.nbd;

import norikae.mirror.BlockDevice;

/**
 * A disk under the name by which NBD clients ask for it.
 *
 * @param name the name; the empty one is what clients ask for that name none
 * @param description one line for people, which lists show
 */
public record NbdExport(String name, String description, BlockDevice device) {}
