@NullMarked
package norikae.agent.peer;

import org.jspecify.annotations.NullMarked;
