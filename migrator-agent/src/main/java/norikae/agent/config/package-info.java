/**
 * What a node and a client know before they talk to anyone.
 *
 * <p>{@link norikae.agent.config.AgentConfig} is a node's {@code node.json}, {@link norikae.agent.config.ClientConfig}
 * an operator's {@code client.json}; {@link norikae.agent.config.AgentDirectories} says where a node keeps its files.
 * Both files are small, written atomically, and refused with every mistake named when they do not hold what they
 * should.
 */
@NullMarked
package norikae.agent.config;

import org.jspecify.annotations.NullMarked;
