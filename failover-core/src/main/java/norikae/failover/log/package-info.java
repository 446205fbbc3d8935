/**
 * The replicated log as the rest of the house sees it: commands in, a {@link norikae.failover.model.ClusterState} out.
 * {@code norikae.failover.log.ratis} is the only package that knows Apache Ratis.
 */
@NullMarked
package norikae.failover.log;

import org.jspecify.annotations.NullMarked;
