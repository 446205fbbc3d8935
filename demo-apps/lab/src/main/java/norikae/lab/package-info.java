/**
 * The laboratory: a whole cluster on one machine, out of namespaces.
 *
 * <p>{@link norikae.lab.Lab} is the way in: {@code Lab.up(LabOptions)} boots the nodes, {@link norikae.lab.LabNode} runs
 * programs on one, cuts its power or kills its agent, and {@code Lab.close()} leaves nothing behind. A node is a set of
 * namespaces whose process 1 is {@code tini}; all its processes live in its cgroup, so the cgroup, not a file, says what
 * exists. The switch that joins the nodes is a bridge in a network namespace of its own, out of reach of the host's
 * firewall.
 *
 * <p>Everything here is for one caller at a time for each laboratory; several laboratories can stand side by side.
 */
@NullMarked
package norikae.lab;

import org.jspecify.annotations.NullMarked;
