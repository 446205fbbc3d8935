/**
 * The control API on the agent's side: who may call what, and what each call does. Requests that concern another node
 * are passed on to its agent.
 */
@NullMarked
package norikae.agent.server;

import org.jspecify.annotations.NullMarked;
