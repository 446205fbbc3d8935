/**
 * How a server stops itself: a watchdog that the agent feeds only while the server may run services, and the kernel's own
 * last resorts.
 *
 * <p>The watchdog is whatever the kernel shows as {@code /dev/watchdogN}: a chipset's ({@code iTCO_wdt}), a BMC's through
 * {@code ipmi_watchdog}, a hypervisor's, or {@code softdog}, which cannot survive a kernel that stands still and so proves
 * less. Nothing in this package feeds one by itself, from whatever thread: an agent that is stuck must starve it.
 */
@NullMarked
package norikae.fencing.self;

import org.jspecify.annotations.NullMarked;
