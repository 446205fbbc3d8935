/**
 * Tests of the native calls against the real kernel. Those tagged {@code system} need root: they make namespaces, links,
 * mounts and cgroups with names of their own, and remove them.
 */
@NullMarked
package norikae.linux;

import org.jspecify.annotations.NullMarked;
