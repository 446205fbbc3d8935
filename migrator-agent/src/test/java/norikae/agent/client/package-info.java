/** Tests of the client, and the fake cluster that tests of the command use too. */
@NullMarked
package norikae.agent.client;

import org.jspecify.annotations.NullMarked;
