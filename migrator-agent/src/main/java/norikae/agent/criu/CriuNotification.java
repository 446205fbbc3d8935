package norikae.agent.criu;

import norikae.agent.criu.rpc.CriuRpc.Notification;

/** A moment at which CRIU stops and waits to be told whether it may go on. In the order in which they come. */
sealed interface CriuNotification extends CriuMessage {

    /** Dump: the tree still runs. */
    record PreDump() implements CriuNotification {}

    /** Dump: every task is seized, no socket was touched. */
    record NetworkLock() implements CriuNotification {}

    /** Dump: the last moment to name external files. */
    record QueryExternalFiles() implements CriuNotification {}

    /** Dump: images are complete, the tree is frozen. */
    record PostDump() implements CriuNotification {}

    /** Dump: rolled back so far that sockets work. Restore: sockets work, tasks do not run. */
    record NetworkUnlock() implements CriuNotification {}

    /** Restore: nothing was made yet. */
    record PreRestore() implements CriuNotification {}

    /** Restore: the root task exists. */
    record SetupNamespaces(int rootPid) implements CriuNotification {}

    /** Restore: its namespaces are ready. */
    record PostSetupNamespaces() implements CriuNotification {}

    /** Restore: the tree is built, no task has run. */
    record PostRestore(int rootPid) implements CriuNotification {}

    /** Restore: CRIU is about to let go of the tasks; the answer is ignored. */
    record PreResume() implements CriuNotification {}

    /** Restore: tasks run, unless somebody else holds them. */
    record PostResume() implements CriuNotification {}

    /** One that we need not know. */
    record Other(String script) implements CriuNotification {}

    static CriuNotification of(Notification message) {
        return switch (message.getScript()) {
            case "pre-dump" -> new PreDump();
            case "network-lock" -> new NetworkLock();
            case "query-ext-files" -> new QueryExternalFiles();
            case "post-dump" -> new PostDump();
            case "network-unlock" -> new NetworkUnlock();
            case "pre-restore" -> new PreRestore();
            case "setup-namespaces" -> new SetupNamespaces(message.getPid());
            case "post-setup-namespaces" -> new PostSetupNamespaces();
            case "post-restore" -> new PostRestore(message.getPid());
            case "pre-resume" -> new PreResume();
            case "post-resume" -> new PostResume();
            default -> new Other(message.getScript());
        };
    }
}
