/**
 * Devices that stop a server for certain, each behind the port {@link norikae.failover.fencing.Fencer}: others stop it (BMC,
 * fence agent, poison pill), or it stops itself (watchdog, sysrq).
 */
@NullMarked
package norikae.fencing;

import org.jspecify.annotations.NullMarked;
