/** Agents talking to each other over the control API, each proving itself with its node certificate. */
@NullMarked
package norikae.agent.peer;

import org.jspecify.annotations.NullMarked;
