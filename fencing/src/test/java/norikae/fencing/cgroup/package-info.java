@NullMarked
package norikae.fencing.cgroup;

import org.jspecify.annotations.NullMarked;
