/**
 * The node agent {@code norikaed} and the command {@code norikae}.
 *
 * <p>{@code capsule} keeps services in namespaces and cgroups; {@code criu} drives the checkpoint engine; {@code move}
 * is the protocol that moves a service; {@code preflight} says beforehand what would stand in the way; {@code server}
 * and {@code security} are the control API and who may use it; {@code cli} is what the operator types; {@code spec}
 * reads what the operator writes. Only the daemon's main class wires them together.
 */
@NullMarked
package norikae.agent;

import org.jspecify.annotations.NullMarked;
