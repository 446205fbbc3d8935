/**
 * Certificates: who makes them, who holds them, and how a new node comes to one.
 *
 * <p>A cluster has one authority ({@link norikae.agent.security.ClusterAuthority}), made by {@code norikae cluster
 * init}. Every certificate says {@code CN=<name>, OU=<role>}; {@link norikae.transfer.PeerIdentity} reads that back. A
 * node or a person keeps a certificate with its key as an {@link norikae.agent.security.Identity}. A new node makes its
 * key itself, connects with the certificate inside its {@link norikae.agent.security.JoinTicket}, sends a {@link
 * norikae.agent.security.SigningRequest} and gets its own certificate back: no private key but the ticket's, which opens
 * one call for a short time, ever travels.
 */
@NullMarked
package norikae.agent.security;

import org.jspecify.annotations.NullMarked;
