package norikae.failover.model;

import norikae.failover.model.ClusterState.Applied;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refused;

/**
 * One command on its way into a {@link ClusterState}. Used once and by one thread.
 *
 * <p>Every rule that keeps a service from running twice is a refusal in one of the classes that this one calls; commands
 * that have already had their effect are accepted again, because a submitter that lost the answer must be able to ask
 * again.
 */
final class CommandApplication {

    private final Draft draft;

    CommandApplication(ClusterState old) {
        this.draft = new Draft(old);
    }

    Applied apply(Command command) {
        return switch (outcome(command)) {
            case Accepted accepted -> new Applied(draft.toState(), accepted);
            case Refused refused -> new Applied(draft.old, refused);
        };
    }

    private Outcome outcome(Command command) {
        MemberCommands members = new MemberCommands(draft);
        ServiceCommands services = new ServiceCommands(draft);
        MoveCommands moves = new MoveCommands(draft);
        VolumeCommands volumes = new VolumeCommands(draft);
        FailoverCommands failover = new FailoverCommands(draft);
        return switch (command) {
            case Command.AddNode c -> members.addNode(c);
            case Command.RemoveNode c -> members.removeNode(c);
            case Command.IssueToken c -> members.issueToken(c);
            case Command.SpendToken c -> members.spendToken(c);
            case Command.DefineService c -> services.defineService(c);
            case Command.ReportService c -> services.reportService(c);
            case Command.RemoveService c -> services.removeService(c);
            case Command.BeginMove c -> moves.beginMove(c);
            case Command.CommitMove c -> moves.commitMove(c);
            case Command.AbortMove c -> moves.abortMove(c);
            case Command.MarkResumed c -> moves.markResumed(c);
            case Command.RevertMove c -> moves.revertMove(c);
            case Command.FinishMove c -> moves.finishMove(c);
            case Command.RecordEvent c -> {
                draft.event(c, c.kind(), c.subject(), c.text(), c.details());
                yield Draft.accepted();
            }
            case Command.SetFailover c -> failover.setFailover(c);
            case Command.SetMaintenance c -> failover.setMaintenance(c);
            case Command.NodeUp c -> failover.nodeUp(c);
            case Command.BeginFencing c -> failover.beginFencing(c);
            case Command.RecordFenced c -> failover.recordFenced(c);
            case Command.ReleaseService c -> failover.releaseService(c);
            case Command.TakeOver c -> failover.takeOver(c);
            case Command.CreateVolume c -> volumes.createVolume(c);
            case Command.ReportCopy c -> volumes.reportCopy(c);
            case Command.PromoteVolume c -> volumes.promoteVolume(c);
            case Command.DemoteVolume c -> volumes.demoteVolume(c);
            case Command.ResizeVolume c -> volumes.resizeVolume(c);
            case Command.RemoveVolume c -> volumes.removeVolume(c);
        };
    }
}
