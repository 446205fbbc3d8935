/**
 * The replicated log on Apache Ratis; no other package may import {@code org.apache.ratis}.
 *
 * <p>A voter is a {@link norikae.failover.log.ratis.RaftNode}: a Raft server with its log on disk, {@code
 * ClusterStateMachine} which feeds committed commands to {@link norikae.failover.model.ClusterState#apply}, and a
 * {@code RaftCaller} which finds the leader for what this node asks. A member that does not vote is a {@link
 * norikae.failover.log.ratis.RaftClientLog}: the caller alone. Both are a {@link
 * norikae.failover.log.ratis.ReplicatedLog}.
 *
 * <p>The port speaks TLS 1.3 and only to certificates of the role <em>node</em> ({@code NodesOnly}): the whole
 * protocol, the client's part too, is for members. Time-outs and sizes, each with its reason, are in {@code RaftTuning};
 * the format on disk and on the wire is in {@code LogCodec}.
 */
@NullMarked
package norikae.failover.log.ratis;

import org.jspecify.annotations.NullMarked;
