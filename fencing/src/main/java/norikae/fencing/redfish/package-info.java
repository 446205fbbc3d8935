/** Stops a server through its BMC by Redfish: JSON over HTTPS. */
@NullMarked
package norikae.fencing.redfish;

import org.jspecify.annotations.NullMarked;
