/**
 * Stops a server through a ClusterLabs fence agent: a program that reads {@code name=value} lines, one of them the
 * action, and answers by its exit code alone.
 */
@NullMarked
package norikae.fencing.agent;

import org.jspecify.annotations.NullMarked;
