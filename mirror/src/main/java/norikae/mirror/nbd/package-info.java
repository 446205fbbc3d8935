/**
 * The server side of the Network Block Device protocol: newstyle fixed negotiation and structured replies, as described in
 * the protocol's specification (doc/proto.md of the NBD project). Any NBD client can use a volume through it.
 */
@NullMarked
package norikae.mirror.nbd;

import org.jspecify.annotations.NullMarked;
