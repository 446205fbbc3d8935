/**
 * Stops a server through its BMC: a client for IPMI 2.0 over LAN (RMCP+), as far as switching power needs it.
 *
 * <p>{@link norikae.fencing.ipmi.IpmiChassis} is the way in: it opens a session and gives orders. A session is agreed on by
 * {@code Handshake}: Open Session, then RAKP 1 to 4, by which both sides prove that they know the password and derive keys.
 * From then on {@code PacketSealer} encrypts and signs each {@code Packet}, and {@code IpmiMessage} is what is inside.
 * {@code Exchange} sends datagrams, again if need be, and waits. All decoders check every length first.
 */
@NullMarked
package norikae.fencing.ipmi;

import org.jspecify.annotations.NullMarked;
