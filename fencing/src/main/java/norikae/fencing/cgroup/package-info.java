/** Stops a server that is no more than a control group: a node of the laboratory, or a container. */
@NullMarked
package norikae.fencing.cgroup;

import org.jspecify.annotations.NullMarked;
