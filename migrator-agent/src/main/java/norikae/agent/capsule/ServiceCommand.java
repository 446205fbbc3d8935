package norikae.agent.capsule;

import java.util.List;
import norikae.agent.ocf.OcfAgent;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceSpec;

/**
 * What is executed as a service's own process.
 *
 * <p>A service of a resource agent has none of its own: the agent's {@code start} leaves daemons behind and ends. So a
 * shell that waits stands for the service. On SIGTERM it has the agent stop the service and ends with its code; the daemons
 * live in the same PID namespace and die with it.
 */
final class ServiceCommand {

    /** $0 is the agent. A trap ends {@code wait}, but not a program in the foreground. */
    private static final String HOLD = "trap '\"$0\" stop; exit $?' TERM; while :; do sleep 3600 & wait $!; done";

    /** $0 is the agent; goes on as the words that follow when it has started the service. */
    private static final String START = "\"$0\" start || exit $?; exec \"$@\"";

    /**
     * Agents look into /proc for the processes that they started, by the numbers that these have in the capsule. And what they
     * write down about a running service must be gone when it is: so it lies in the memory of the capsule's mount namespace.
     */
    private static final String OWN_VIEW = "mount -t proc proc /proc && mkdir -p " + OcfAgent.STATE_DIRECTORY
            + " && mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs " + OcfAgent.STATE_DIRECTORY + " && exec \"$@\"";

    private ServiceCommand() {}

    /** As it is executed, with what makes a JVM movable. */
    static List<String> of(ServiceSpec spec) {
        OcfResource ocf = spec.ocf();
        return ocf == null ? MovableJvm.adapt(spec.command()).command() : shell(HOLD, agent(ocf));
    }

    /** Programs that precede it as root, each of which executes the next. */
    static List<List<String>> preparedBy(ServiceSpec spec) throws CapsuleException {
        if (spec.ocf() == null) {
            return List.of();
        }
        return List.of(
                List.of(Tools.find("unshare"), "--mount", "--propagation", "slave", "--"),
                shell(OWN_VIEW, "capsule-view"));
    }

    /** Programs that precede it as the service's user. */
    static List<List<String>> startedBy(ServiceSpec spec) {
        OcfResource ocf = spec.ocf();
        return ocf == null ? List.of() : List.of(shell(START, agent(ocf)));
    }

    /** Mounts a /proc that shows the processes of the PID namespace that it runs in, for what follows it alone. */
    static List<List<String>> withOwnProc() throws CapsuleException {
        return List.of(
                List.of(Tools.find("unshare"), "--mount", "--propagation", "slave", "--"),
                shell("mount -t proc proc /proc && exec \"$@\"", "capsule-view"));
    }

    private static String agent(OcfResource ocf) {
        return OcfAgent.path(ocf).toString();
    }

    private static List<String> shell(String script, String zero) {
        return List.of("/bin/sh", "-c", script, zero);
    }
}
