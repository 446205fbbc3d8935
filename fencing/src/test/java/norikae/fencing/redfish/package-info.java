@NullMarked
package norikae.fencing.redfish;

import org.jspecify.annotations.NullMarked;
