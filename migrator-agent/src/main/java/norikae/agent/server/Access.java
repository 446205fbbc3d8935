package norikae.agent.server;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import norikae.agent.api.v1.ClusterGrpc;
import norikae.agent.api.v1.PeerGrpc;
import norikae.transfer.PeerIdentity.Role;

/**
 * Which roles may call which method: the whole of Norikae's authorisation, in one table. A method that is not in it can
 * be called by nobody.
 */
final class Access {

    private static final Set<Role> VIEWERS = EnumSet.of(Role.VIEWER, Role.OPERATOR, Role.NODE);
    private static final Set<Role> OPERATORS = EnumSet.of(Role.OPERATOR, Role.NODE);
    private static final Set<Role> JOINERS = EnumSet.of(Role.JOINER);
    private static final Set<Role> NODES = EnumSet.of(Role.NODE);

    private static final Map<String, Set<Role>> BY_METHOD = Map.ofEntries(
            Map.entry(ClusterGrpc.getGetStatusMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getWatchStatusMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getListEventsMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getReadLogsMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getRunServiceMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getStopServiceMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getCheckMoveMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getMigrateServiceMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getCancelMoveMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getDrainNodeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getSetFailoverMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getGetFailoverMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getFailOverServiceMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getSetMaintenanceMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getFenceNodeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getConfirmOffMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getCheckFencingMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getGetNodeReportsMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getCreateVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getListVolumesMethod().getFullMethodName(), VIEWERS),
            Map.entry(ClusterGrpc.getPromoteVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getDemoteVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getAttachVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getDetachVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getResizeVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getStopVerifyVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getResyncVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getVerifyVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getRemoveVolumeMethod().getFullMethodName(), OPERATORS),
            Map.entry(PeerGrpc.getPrepareCopyMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getCheckGrowthMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getRemoveCopyMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getReportVolumesMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getHandOverVolumeMethod().getFullMethodName(), NODES),
            Map.entry(ClusterGrpc.getIssueJoinTokenMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getRemoveNodeMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getIssueCertificateMethod().getFullMethodName(), OPERATORS),
            Map.entry(ClusterGrpc.getJoinMethod().getFullMethodName(), JOINERS),
            Map.entry(PeerGrpc.getCheckTargetMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getPrepareMoveMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getFollowMoveMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getDivertFramesMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getTakeVolumesMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getDiscardMoveMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getSendRemainderMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getPingMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getListLogPartsMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getReadLogPartMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getReportNodeMethod().getFullMethodName(), NODES),
            Map.entry(PeerGrpc.getAdmitVoterMethod().getFullMethodName(), NODES));

    private Access() {}

    static boolean allows(Role role, String fullMethodName) {
        return BY_METHOD.getOrDefault(fullMethodName, Set.of()).contains(role);
    }
}
