package norikae.lab;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * One host of a laboratory, as it is to be.
 *
 * @param name host name; short, because names of links are made of it
 * @param number last part of its address
 * @param role what it is to the cluster
 * @param uptimeAhead by how much its uptime is ahead of this machine's
 */
public record NodeOptions(String name, int number, Role role, Duration uptimeAhead) {

    /** What a host is to the cluster. */
    public enum Role {
        /** Runs an agent and services. */
        MEMBER,
        /** The same, without a vote. */
        MEMBER_WITHOUT_VOTE,
        /** Runs an agent that votes, and no services. */
        WITNESS,
        /** Runs no agent: where the users of the services sit. */
        CLIENT;

        boolean hasAgent() {
            return this != CLIENT;
        }

        /** Whether services can be placed there. */
        public boolean runsServices() {
            return this == MEMBER || this == MEMBER_WITHOUT_VOTE;
        }
    }

    /** Longest name of a host: a link in the kernel has 15 characters, two of which are taken. */
    private static final int NAME_MAX = 13;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    public NodeOptions {
        if (name.length() > NAME_MAX || !NAME.matcher(name).matches() || name.equals(LinkRules.HOST)) {
            throw new LabException("'" + name + "' cannot be the name of a laboratory node: use at most " + NAME_MAX
                    + " of a-z, 0-9 and -, beginning with a letter, and not '" + LinkRules.HOST + "'");
        }
    }

    String switchPort() {
        return "p-" + name;
    }

    String secondSwitchPort() {
        return "q-" + name;
    }
}
