/**
 * Process capsules: a service in a PID, network and time namespace and a cgroup of its own, started, stopped, adopted by
 * the next agent, and taken apart for a move and put together after one.
 *
 * <p>Nothing in a capsule hangs on the agent's life. What the agent must know of a capsule stands in a small file on a
 * tmpfs ({@link norikae.agent.capsule.CapsuleRecord}), which is gone exactly when the capsule is: with the node's power.
 */
@NullMarked
package norikae.agent.capsule;

import org.jspecify.annotations.NullMarked;
