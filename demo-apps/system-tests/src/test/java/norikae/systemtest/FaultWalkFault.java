package norikae.systemtest;

/** What goes wrong while a move is held in one of its states. */
enum FaultWalkFault {
    SOURCE_AGENT_KILLED("source agent killed"),
    TARGET_AGENT_KILLED("target agent killed"),
    SOURCE_CRIU_KILLED("CRIU on the source killed"),
    TARGET_CRIU_KILLED("CRIU on the target killed"),
    LINK_CUT("link cut, healed later"),
    TARGET_SPACE_GONE("no room for images on the target"),
    TARGET_MEMORY_GONE("no memory on the target"),
    LEADER_KILLED("leader of the log killed"),
    CANCELLED("operator's Ctrl-C");

    private final String title;

    FaultWalkFault(String title) {
        this.title = title;
    }

    /** As the table says it. */
    String title() {
        return title;
    }
}
