package norikae.agent.capsule;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.ServiceSpec;

/**
 * The programs that start a service, each of which replaces itself by the next:
 *
 * <pre>
 *   nsenter    into the capsule's network namespace (setns; no mount namespace, which would break a dump)
 *   unshare    new PID and time namespace; stays outside, as our child, to tell how the service ended
 *    └ setsid  a session inside the PID namespace: CRIU cannot rebuild one that leads outside
 *      sh      joins the cgroups, sets the next process id
 *      tini    PID 1: reaps orphans, passes signals on
 *       └ prlimit, setpriv, the service: under its base PID
 * </pre>
 *
 * Before prlimit, a service of a resource agent gets a view of its own on /proc; after setpriv, the agent's {@code start}
 * runs, and only if that succeeds the shell that stands for the service.
 *
 * Immutable.
 */
final class LaunchChain {

    /** The shell adds variables of its own, which the service is not to see. */
    private static final String ENTER = "t=$1; n=$2; p=$3; shift 3;"
            + " while [ $n -gt 0 ]; do echo 0 > \"$1\" || exit 126; shift; n=$((n-1)); done;"
            + " echo $((p-1)) > /proc/sys/kernel/ns_last_pid || exit 126;"
            + " unset PWD OLDPWD SHLVL;"
            + " exec \"$t\" -- \"$@\"";

    private final List<List<String>> wrappers = new ArrayList<>();
    private final List<String> command;
    private final String tini;

    LaunchChain(ServiceSpec spec, Account account, List<String> command) throws CapsuleException {
        this.command = command;
        this.tini = Tools.find("tini");
        wrappers.add(List.of(tini, "--"));
        wrappers.addAll(ServiceCommand.preparedBy(spec));
        Integer openFiles = spec.limits().openFiles();
        if (openFiles != null) {
            // Before setpriv: only root may raise the hard limit.
            wrappers.add(List.of(Tools.find("prlimit"), "--nofile=" + openFiles + ":" + openFiles, "--"));
        }
        wrappers.addAll(asUser(account));
        wrappers.addAll(ServiceCommand.startedBy(spec));
    }

    /** What makes the words that follow run as {@code account}. */
    static List<List<String>> asUser(Account account) throws CapsuleException {
        if (account.root()) {
            return List.of();
        }
        return List.of(List.of(
                Tools.find("setpriv"), "--reuid=" + account.uid(), "--regid=" + account.gid(), "--init-groups", "--"));
    }

    /** The whole command line. */
    List<String> words(Path namespace, List<Path> procsFiles, int basePid) throws CapsuleException {
        List<String> words = new ArrayList<>(List.of(Tools.find("nsenter"), "--net=" + namespace, "--"));
        words.addAll(List.of(Tools.find("unshare"), "--pid", "--time", "--fork", "--"));
        words.addAll(List.of(Tools.find("setsid"), Tools.find("sh"), "-c", ENTER, "capsule", tini));
        words.add(Integer.toString(procsFiles.size()));
        words.add(Integer.toString(basePid));
        procsFiles.forEach(file -> words.add(file.toString()));
        wrappers.stream().skip(1).forEach(words::addAll);
        words.addAll(command);
        return words;
    }

    /**
     * Whether a process with this command line, under the base PID, is past the chain: the kernel has executed the
     * service's own program. Its name would tell nothing: of a script, it is the interpreter's.
     *
     * @param commandLine as /proc/PID/cmdline has it, without empty words at its end; empty during execve(2)
     */
    boolean past(List<String> commandLine) {
        if (commandLine.isEmpty()) {
            return false;
        }
        int words = withoutEmptyEnd(command);
        for (List<String> wrapper : wrappers.reversed()) {
            words += wrapper.size();
            if (commandLine.size() == words
                    && commandLine.subList(0, wrapper.size()).equals(wrapper)) {
                return false;
            }
        }
        return true;
    }

    private static int withoutEmptyEnd(List<String> words) {
        int size = words.size();
        while (size > 0 && words.get(size - 1).isEmpty()) {
            size--;
        }
        return size;
    }
}
