package norikae.agent.move;

import java.nio.file.Path;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.criu.CriuBinary;
import norikae.agent.peer.Peers;
import norikae.agent.preflight.Preflight;
import norikae.agent.volume.ServiceVolumes;
import norikae.failover.fault.FaultPoints;
import norikae.failover.log.ClusterLog;
import norikae.failover.model.NodeId;
import norikae.transfer.TlsMaterial;

/**
 * What the drivers of moves need from the agent.
 *
 * @param imageRoot a directory on a tmpfs, under which each move has its images
 */
public record MoveContext(
        NodeId self,
        ClusterLog log,
        Peers peers,
        CapsuleManager capsules,
        CriuBinary criu,
        Preflight preflight,
        TlsMaterial dataTls,
        Path imageRoot,
        MoveSettings settings,
        Fills fills,
        ServiceVolumes volumes,
        FaultPoints faults) {}
